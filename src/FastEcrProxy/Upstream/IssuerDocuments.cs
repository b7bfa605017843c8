using System.Net;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Gets the documents of an issuer of tokens: its configuration and its keys, small and public. They decide who is let in, so
/// they come by TLS, or from this machine, and from where they were asked for.
/// </summary>
internal sealed class IssuerDocuments : IDisposable
{
    /// <summary>How long one document is waited for, redirects and all: a request may wait for it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int BytesMax = 256 << 10; // the largest sets of keys have some ten kilobytes
    private const int RedirectsMax = 3;
    private const int ConnectionsMax = 2; // one question at a time; a second while the first one's connection is given up

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(20); // from configuration to keys; not until the next time

    private static readonly UpstreamOptions Words = new() { ConnectTimeout = TimeSpan.FromSeconds(5) };

    private readonly HttpMessageInvoker _connections;
    private readonly TimeProvider _time;

    /// <param name="extra">CAs that are trusted besides the system's.</param>
    /// <param name="time">The clock of time-outs.</param>
    public IssuerDocuments(X509Certificate2Collection? extra, TimeProvider time)
    {
        _time = time;
        _connections = Connections.ToOthers(Words with { ExtraCertificates = extra }, ConnectionsMax, Idle);
    }

    /// <summary>The whole document, or why it cannot be had.</summary>
    public async Task<Fetched<byte[]>> GetAsync(Uri address, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            return await FollowAsync(address, either.Token);
        }
        catch (Exception error) when (
            error is HttpRequestException or IOException || (error is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return NetworkFailure.Of(error, address.Authority, Words, Patience);
        }
    }

    public void Dispose() => _connections.Dispose();

    private async Task<Fetched<byte[]>> FollowAsync(Uri address, CancellationToken cancel)
    {
        for (var (at, redirects) = (address, 0); ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            request.Headers.TryAddWithoutValidation("User-Agent", "fast-ecr-proxy");
            using var answer = await _connections.SendAsync(request, cancel);
            if (answer.StatusCode is HttpStatusCode.OK)
            {
                return await ReadAsync(answer, at, cancel);
            }

            if (answer.Headers.Location is not { } to || (int)answer.StatusCode is < 300 or > 399)
            {
                return Failure(answer.StatusCode, at);
            }

            if (!Uri.TryCreate(at, to, out var next) || next.Scheme != address.Scheme
                || next.Authority != address.Authority || redirects == RedirectsMax)
            {
                return new FetchFailure(
                    FetchError.BadAnswer,
                    $"{Shown(at)} sends elsewhere, or on and on: name the address itself, redirects to other hosts are not followed.");
            }

            at = next;
        }
    }

    private static async Task<Fetched<byte[]>> ReadAsync(HttpResponseMessage answer, Uri at, CancellationToken cancel)
    {
        var body = await answer.Content.ReadAsStreamAsync(cancel);
        return await SmallBody.ReadAsync(body, answer.Content.Headers.ContentLength, BytesMax, cancel) is { } bytes
            ? bytes.ToArray()
            : new FetchFailure(FetchError.BadAnswer, $"{Shown(at)} is larger than {BytesMax >> 10} KiB: no configuration or keys.");
    }

    private static FetchFailure Failure(HttpStatusCode status, Uri at) => (int)status switch
    {
        401 or 403 => new FetchFailure(
            FetchError.Refused, $"{Shown(at)} answers {(int)status}: it has to be open to everybody, or its keys given in a file."),
        404 => new FetchFailure(FetchError.NotFound, $"{Shown(at)} does not exist."),
        _ => new FetchFailure(FetchError.Unreachable, $"{Shown(at)} answers {(int)status}."),
    };

    private static string Shown(Uri address) => address.GetLeftPart(UriPartial.Path);
}
