using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Layers and configs: from disk, from the running fill, or as the cause of a fill. Steps 5 to 8 of a request.</summary>
internal sealed class BlobHandler(
    BlobStore store, RepositoryBlobs repositories, Prefetch prefetch, ClientLimits limits, Disk disk, TimeProvider time,
    ProxyMetrics metrics)
    : IRequestHandler
{
    public ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        if (HttpMethods.IsHead(http.Request.Method))
        {
            return HeadAsync(http, route, to, record);
        }

        // Whole, where the client holds a part of something else (If-Range): it is to begin again.
        var ifRange = http.Request.Headers.IfRange;
        var isWhole = ifRange.Count > 0 && ifRange != HeaderRules.EntityTag(route.Digest);
        var error = ByteRanges.TryParse(isWhole ? default : http.Request.Headers.Range, out var ranges);
        if (error is not null)
        {
            return ValueTask.FromResult<OciError?>(error);
        }

        return LayerRedirect.IsFor(to.Rule, http.Connection.RemoteIpAddress)
            ? RedirectAsync(http, route, to, ranges, record)
            : GetAsync(http, route, to, ranges, record);
    }

    /// <summary>To the layer store; a registry that sends blobs itself or is away, and a copy at hand, are as for everybody.</summary>
    private async ValueTask<OciError?> RedirectAsync(
        HttpContext http, OciRoute route, Destination to, ByteRanges? ranges, RequestRecord record)
    {
        if (!to.Rule.RedirectCached && IsStored(route.Digest))
        {
            return await GetAsync(http, route, to, ranges, record);
        }

        var (found, failure) = await to.Registries.LocateBlobAsync(to.There, route.Digest, http.RequestAborted);
        if (failure is { Error.IsTransient: false })
        {
            return Refuse(http, failure);
        }

        if (found?.Address is not { } address)
        {
            return await GetAsync(http, route, to, ranges, record);
        }

        record.Outcome = CacheOutcome.Redirected;
        LayerRedirect.Write(http.Response, route.Digest, address);
        return null;
    }

    private bool IsStored(Digest digest)
    {
        using var lease = store.TryOpen(digest);
        return lease is not null;
    }

    private async ValueTask<OciError?> GetAsync(
        HttpContext http, OciRoute route, Destination to, ByteRanges? ranges, RequestRecord record)
    {
        prefetch.Asked(route.Digest);

        // 5. On disk: lease it. 6. Else join the running fill or become its cause.
        var source = new Lazy<UpstreamBlob>(() => to.Registries.BlobsOf(to.There, route.Digest)); // a hit needs none
        OpenBlob open = (offset, end, cancel) => source.Value.OpenAsync(offset, end, cancel);
        var (bytes, failure) = await OpenAsync(http, route, ranges?.FirstOffset ?? 0, open, record);
        if (failure is { Error: FetchError.Storage })
        {
            return await SendUnstoredAsync(http, route, to, ranges, record);
        }

        if (bytes is null)
        {
            return Refuse(http, failure!);
        }

        using (bytes)
        {
            if (await LinkAsync(route.Digest, to, bytes.Outcome, http.RequestAborted) is { } unlinked)
            {
                return Refuse(http, unlinked);
            }

            record.Outcome = bytes.Outcome;
            return await SendStoredAsync(http, route, ranges, bytes, open, record);
        }
    }

    private async ValueTask<Fetched<IBlobBytes>> OpenAsync(
        HttpContext http, OciRoute route, long firstOffset, OpenBlob open, RequestRecord record)
    {
        if (store.TryOpen(route.Digest) is { } lease)
        {
            return new Fetched<IBlobBytes>(lease, null);
        }

        return await store.JoinOrStartAsync(route.Digest, firstOffset, open, limits.Fills.For(http, record), http.RequestAborted);
    }

    /// <summary>Null where this repository has the blob: known, or just seen, or asked now.</summary>
    private async ValueTask<FetchFailure?> LinkAsync(Digest digest, Destination to, CacheOutcome outcome, CancellationToken cancel)
    {
        if (outcome is CacheOutcome.Miss)
        {
            repositories.Learn(to.Key, digest);
            return null;
        }

        return repositories.Knows(to.Key, digest) ? null : (await repositories.AskAsync(to, digest, cancel)).Failure;
    }

    private async ValueTask<OciError?> SendStoredAsync(
        HttpContext http, OciRoute route, ByteRanges? ranges, IBlobBytes bytes, OpenBlob open, RequestRecord record)
    {
        if (Settle(http, route.Digest, bytes.Length, ranges, out var answer) is { } error)
        {
            return error;
        }

        if (bytes is FillReader fill)
        {
            fill.WantsPiece = answer.IsPiece && ranges!.NameTheirEnds;
        }

        // 7 is the fill's own work. 8. The client reads the file; should the disk fail, upstream.
        using var body = new StoredBody(
            bytes, disk, (offset, cancel) => UnstoredBody.OpenAsync(open, route.Digest, offset, time, metrics, cancel), !answer.IsPiece);
        var sent = await SendAsync(http, body, answer, record);
        if (body.LeftTheDisk)
        {
            record.Outcome = CacheOutcome.Unstored;
        }

        return sent;
    }

    /// <summary>The cache cannot take it (disk full, larger than the cache): from upstream to this client alone.</summary>
    private async ValueTask<OciError?> SendUnstoredAsync(
        HttpContext http, OciRoute route, Destination to, ByteRanges? ranges, RequestRecord record)
    {
        var (place, refused) = limits.Fills.For(http, record) is { } take ? await take(http.RequestAborted) : default;
        using var held = place; // it is a download of its own
        if (refused is not null)
        {
            return Refuse(http, refused);
        }

        OpenBlob open = to.Registries.BlobsOf(to.There, route.Digest).OpenAsync; // nothing was wrong with where the fill began
        var offset = Math.Max(0, ranges?.FirstOffset ?? 0); // a suffix range is known when the length is
        var (body, failure) = await UnstoredBody.OpenAsync(open, route.Digest, offset, time, metrics, http.RequestAborted);
        if (body is null)
        {
            return Refuse(http, failure!);
        }

        using (body)
        {
            repositories.Learn(to.Key, route.Digest);
            record.Outcome = CacheOutcome.Unstored;
            return Settle(http, route.Digest, body.TotalBytes, ranges, out var answer)
                ?? await SendAsync(http, body, answer, record);
        }
    }

    /// <summary>From disk where it is there and linked, else from the registry's word: a HEAD starts no download.</summary>
    private async ValueTask<OciError?> HeadAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        // Who pushes leaves out what is there, so only the registry that takes the push can say so.
        var onlyIfCached = CacheWishes.OnlyIfCached(http.Request);
        if (to.Rule.Push && !onlyIfCached
            && await repositories.AskPrimaryAsync(to, route.Digest, http.RequestAborted) is var (inPrimary, why)
            && why is not { Error.IsTransient: true })
        {
            return inPrimary is null ? Refuse(http, why!) : Passed(http, route.Digest, inPrimary, record);
        }

        using var lease = store.TryOpen(route.Digest);
        if (lease is not null && repositories.Knows(to.Key, route.Digest))
        {
            record.Outcome = CacheOutcome.Hit;
            BlobAnswer.Whole(route.Digest, lease.Length).WriteHead(http.Response);
            if (onlyIfCached)
            {
                CacheWishes.SayCached(http.Response);
            }

            return null;
        }

        if (onlyIfCached)
        {
            return CacheWishes.NotCached;
        }

        var (head, failure) = await repositories.AskAsync(to, route.Digest, http.RequestAborted);
        if (head is null)
        {
            return Refuse(http, failure!);
        }

        return Passed(http, route.Digest, head, record);
    }

    private static OciError? Passed(HttpContext http, Digest digest, BlobHead head, RequestRecord record)
    {
        record.Outcome = CacheOutcome.Passed;
        BlobAnswer.Whole(digest, head.Length).WriteHead(http.Response);
        return null;
    }

    /// <summary>Which bytes it is, now that the length is known, or why none.</summary>
    private static OciError? Settle(HttpContext http, Digest digest, long totalBytes, ByteRanges? ranges, out BlobAnswer answer)
    {
        answer = BlobAnswer.Whole(digest, totalBytes);
        if (ranges is null)
        {
            return null;
        }

        var error = ranges.TryResolve(totalBytes, out var resolved);
        if (error is null)
        {
            answer = BlobAnswer.Partial(digest, totalBytes, resolved);
        }
        else if (error.Status == StatusCodes.Status416RangeNotSatisfiable)
        {
            HeaderRules.PastTheEnd(http.Response, totalBytes);
        }

        return error;
    }

    private async ValueTask<OciError?> SendAsync(HttpContext http, IBodyBytes body, BlobAnswer answer, RequestRecord record)
    {
        var (transfer, refused) = await limits.Transfers.BeginAsync(http, record);
        if (transfer is null)
        {
            return refused;
        }

        using var held = transfer;
        var result = await BodySender.SendAsync(http, body, answer, transfer.Pace);
        if (result.End is SendEnd.NotStarted)
        {
            return Refuse(http, result.Failure!);
        }

        record.Sent(result.SentBytes);
        record.ClientLeft = result.End is SendEnd.ClientLeft;
        record.Aborted = result.End is SendEnd.Aborted;
        record.Trouble = result.Failure?.Reason;
        return null;
    }

    private static OciError Refuse(HttpContext http, FetchFailure failure)
    {
        if (failure is { Error: FetchError.OutOfRange, TotalBytes: { } total })
        {
            HeaderRules.PastTheEnd(http.Response, total);
        }

        return FetchFailures.ToError(failure, RouteKind.Blob);
    }
}
