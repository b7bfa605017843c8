using System.Buffers;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// One blob upstream, opened at any offset, as often as is needed. Remembers where the registry's redirect leads, so that
/// the many ranges of one layer cost one question at the registry, and asks again where that address is no longer good.
/// </summary>
internal sealed class BlobSource(
    BlobLocator locator, UpstreamOptions options, TimeProvider time, ILogger logger, Repository repository, Digest digest,
    Action<bool>? wasCut = null)
{
    private const int AsksMax = 2; // the second with a new address: a third would be refused like the second
    private const int SkipBytes = 64 << 10; // one pooled array
    private const int WholeStatus = 200;

    // ECR's addresses are good for an hour, or as long as the session that signed them.
    private static readonly TimeSpan LocationLifetime = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly string _what = $"blob {repository}@{digest}";
    private Uri? _location;
    private Uri? _refused;
    private DateTimeOffset _locationGoodUntil;

    /// <summary>The blob from an offset on. One attempt, token and address renewed as needed; retry is the caller's.</summary>
    /// <param name="offset">Zero or more; at or past the end it is <see cref="FetchError.OutOfRange"/>.</param>
    /// <param name="end">Behind the last byte wanted, more than <paramref name="offset"/>; null: to the blob's end.</param>
    /// <param name="cancel">Ends the wait; not the body, which gets its own.</param>
    public async ValueTask<Fetched<BlobBody>> OpenAsync(long offset, long? end, CancellationToken cancel)
    {
        var range = (offset, end) switch
        {
            (0, null) => null,
            (_, null) => $"bytes={offset}-",
            _ => $"bytes={offset}-{end - 1}",
        };
        var (answer, failure) = await AskAsync(range, cancel);
        if (answer is null)
        {
            return UpstreamLog.Report(logger, _what, failure!);
        }

        Fetched<BlobBody> opened = default;
        try
        {
            opened = await OpenAsync(answer, offset, cancel);
        }
        finally
        {
            if (opened.Value is null)
            {
                answer.Dispose();
            }
        }

        return opened.Failure is null ? opened : UpstreamLog.Report(logger, _what, opened.Failure);
    }

    /// <summary>The blob's length by way of its first byte, for registries that do not answer HEAD.</summary>
    public async ValueTask<Fetched<BlobHead>> HeadAsync(CancellationToken cancel)
    {
        var (answer, failure) = await AskAsync("bytes=0-0", cancel);
        if (answer is null)
        {
            return UpstreamLog.Report(logger, _what, failure!);
        }

        using (answer)
        {
            var (part, none) = BlobPart.Of(answer, _what);
            return (part?.TotalBytes ?? none!.TotalBytes) is { } total // a range in an empty blob lies past its end
                ? new BlobHead(total)
                : UpstreamLog.Report(logger, _what, none!);
        }
    }

    private async ValueTask<Fetched<UpstreamAnswer>> AskAsync(string? range, CancellationToken cancel)
    {
        for (var asks = 1; ; asks++)
        {
            var (found, failure) = await locator.AskAsync(repository, digest, KnownLocation(), range, cancel);
            if (found is null)
            {
                Remember(null);
                return failure!;
            }

            var refused = found.Answer is { Peer: UpstreamPeer.Layers, Status: 400 or 401 or 403 or 404 or 410 };
            if (refused)
            {
                Forget(found.Location);
            }
            else
            {
                Remember(found.Location);
            }

            if (!refused || asks == AsksMax)
            {
                return found.Answer;
            }

            UpstreamLog.AddressRefused(logger, found.Answer.Host, found.Answer.Status, _what);
            found.Answer.Dispose();
        }
    }

    private async ValueTask<Fetched<BlobBody>> OpenAsync(UpstreamAnswer answer, long offset, CancellationToken cancel)
    {
        var (part, failure) = BlobPart.Of(answer, _what);
        if (part is null)
        {
            return failure!;
        }

        if (answer.Status != WholeStatus && part.Offset != offset)
        {
            return new FetchFailure(
                FetchError.BadAnswer, $"{answer.Host} sends {_what} from byte {part.Offset}; asked was from byte {offset}.");
        }

        if (offset > 0 && offset >= part.TotalBytes)
        {
            return new FetchFailure(FetchError.OutOfRange, $"{_what} ends before byte {offset}.") { TotalBytes = part.TotalBytes };
        }

        var bytes = await UpstreamBody.OfAsync(answer.Message, part.Length, options.IdleTimeout, time, cancel, wasCut);
        return await SkipAsync(bytes, offset - part.Offset, cancel) is { } cut
            ? cut
            : new BlobBody(bytes, offset, part.TotalBytes, answer) { TakesRanges = part.TakesRanges };
    }

    /// <summary>For who answers a range with the whole blob: reads up to where was asked.</summary>
    private async ValueTask<FetchFailure?> SkipAsync(UpstreamBody bytes, long count, CancellationToken cancel)
    {
        if (count == 0)
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(SkipBytes);
        try
        {
            while (count > 0)
            {
                var read = await bytes.ReadAsync(buffer.AsMemory(0, (int)Math.Min(count, buffer.Length)), cancel);
                count -= read > 0 ? read : throw new IOException("it ended.");
            }

            return null;
        }
        catch (IOException cut)
        {
            await bytes.DisposeAsync();
            return new FetchFailure(FetchError.CutShort, $"{_what} was cut on the way to its range: {cut.Message}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private Uri? KnownLocation()
    {
        lock (_gate)
        {
            return time.GetUtcNow() < _locationGoodUntil ? _location : null;
        }
    }

    /// <summary>It is no longer good, though others may still be reading what they got by it.</summary>
    private void Forget(Uri? location)
    {
        lock (_gate)
        {
            _refused = location;
            _location = ReferenceEquals(location, _location) ? null : _location; // somebody may have found a new one meanwhile
        }
    }

    private void Remember(Uri? location)
    {
        lock (_gate)
        {
            if (location is not null && (ReferenceEquals(location, _location) || ReferenceEquals(location, _refused)))
            {
                return; // its time runs from when the registry gave it
            }

            _location = location;
            _locationGoodUntil = time.GetUtcNow() + LocationLifetime;
        }
    }
}
