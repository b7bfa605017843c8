using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FastEcrProxy.Http;

/// <summary>The bodies that clients send: the server's own limits are lifted for them, and one of the proxy's takes their place.</summary>
/// <param name="stallTimeout">How long a client may send nothing.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class ClientBodies(TimeSpan stallTimeout, TimeProvider time)
{
    private const int FirstBytes = 16 << 10; // most manifests are below

    /// <summary>Whether the request has a body, be it of unknown length.</summary>
    public static bool IsIn(HttpRequest request) =>
        request.ContentLength != 0 && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;

    /// <summary>
    /// The largest size of a layer is counted where it is read, and a slow client is judged by whether it sends anything. Of a
    /// body that is refused the server reads some seconds' worth, so that a client which listens only when it has spoken hears why.
    /// </summary>
    public static void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    /// <summary>The body for the registry; null where the request has none.</summary>
    /// <param name="request">Nothing of its body has been read.</param>
    /// <param name="kept">Gets the bytes as well; null: they are not kept.</param>
    /// <param name="pace">Says when they may move; null: whenever they can.</param>
    /// <param name="most">Bytes that may come.</param>
    public UploadBody? Open(HttpRequest request, PushedBlob? kept, Transfers.Pace? pace, long most)
    {
        if (!IsIn(request))
        {
            return null;
        }

        var body = new UploadBody(
            request.BodyReader, request.ContentLength, stallTimeout, time, Beside(kept, pace, request.HttpContext.RequestAborted), most);
        body.Describe(request.ContentType ?? MediaTypes.Octets, request.Headers.ContentRange is [{ } range] ? range : null);
        return body;
    }

    /// <summary>The whole of a small body; null where it is larger.</summary>
    /// <param name="request">Nothing of its body has been read.</param>
    /// <param name="limit">In bytes.</param>
    /// <exception cref="TimeoutException">The client sent nothing for too long.</exception>
    /// <exception cref="IOException">The client has left.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, int limit)
    {
        if (!IsIn(request))
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        if (request.ContentLength > limit)
        {
            return null;
        }

        using var client = new TimedPipe(request.BodyReader, stallTimeout, time);
        var bytes = new byte[request.ContentLength is { } length ? length + 1 : FirstBytes]; // one more: room to see the end
        var filled = 0;
        while (await client.ReadAsync(bytes.AsMemory(filled)) is > 0 and var read)
        {
            filled += read;
            if (filled > limit)
            {
                return null;
            }

            if (filled == bytes.Length)
            {
                Array.Resize(ref bytes, (int)Math.Min(2L * filled, limit + 1L));
            }
        }

        return bytes.AsMemory(0, filled);
    }

    /// <summary>What is done with bytes beside sending them, and waited for. Waiting for their turn, the client is not read.</summary>
    private static Func<ReadOnlyMemory<byte>, ValueTask>? Beside(PushedBlob? kept, Transfers.Pace? pace, CancellationToken left)
    {
        if (pace is null)
        {
            return kept is null ? null : kept.TakeAsync;
        }

        return async bytes =>
        {
            try
            {
                await pace.SpendAsync(bytes.Length, left);
            }
            catch (OperationCanceledException)
            {
                // the client has left; who reads it next finds out
            }

            await (kept?.TakeAsync(bytes) ?? default);
        };
    }
}
