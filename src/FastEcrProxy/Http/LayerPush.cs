using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>One body of a push on its way: to the registry, and beside that into a file of the cache.</summary>
internal sealed class LayerPush(
    ClientBodies bodies, PushedBlobs pushed, ClientLimits limits, TimeProvider time, ProxyMetrics metrics)
{
    /// <summary>Bytes of one layer, in however many requests it comes.</summary>
    private long Most => limits.Options.UploadBytes is > 0 and var most ? most : long.MaxValue;

    /// <summary>Sends a request's body, whatever there is of it, and waits for the registry's answer.</summary>
    /// <param name="request">Whose body it is.</param>
    /// <param name="offset">Where in the layer it begins; null where nobody knows.</param>
    /// <param name="send">Sends it; gets null where there is none.</param>
    public async ValueTask<Sent> SendAsync(
        UploadRequest request, long? offset, Func<UploadBody?, CancellationToken, ValueTask<Fetched<UploadReply>>> send)
    {
        var isIn = ClientBodies.IsIn(request.Http.Request);
        if (TooLarge(request, offset) is { } tooLarge)
        {
            return new Sent(null, tooLarge, 0, null);
        }

        var (transfer, refused) = isIn ? await limits.Transfers.BeginAsync(request.Http, request.Record) : (Transfer.Free, null);
        if (transfer is null)
        {
            return new Sent(null, refused, 0, null);
        }

        using var held = transfer;
        using var wait = new OutcomeWait(request.Http, time);
        var name = request.Route.Session is null ? null : request.Name;
        var kept = offset == 0 && !isIn ? null : pushed.Take(name, offset);
        using var body = bodies.Open(request.Http.Request, kept, transfer.Pace, Most - (offset ?? 0));
        Fetched<UploadReply> reply = default;
        try
        {
            reply = await send(body, wait.Token);
        }
        finally
        {
            request.Record.Received(body?.ReceivedBytes ?? 0);
            if (reply.Value is null || body?.End is UploadEnd.Answered)
            {
                pushed.Drop(kept);
                kept = null;
            }
        }

        return new Sent(reply.Value, reply.Value is null ? Refused(request, body, reply.Failure!) : null, body?.SentBytes ?? 0, kept);
    }

    /// <summary>The upload goes on: what is kept of the layer waits for the next request.</summary>
    public void Wait(Sent sent, string upload)
    {
        if (sent.Kept is { } kept)
        {
            pushed.Wait(upload, kept);
        }
    }

    /// <summary>The upload is over. What was kept is stored if the registry has said in so many words that it has the layer.</summary>
    public void Publish(Sent sent, Digest digest)
    {
        if (sent is { Kept: { } kept, Reply.IsCreated: true })
        {
            pushed.Publish(kept, digest);
        }
        else
        {
            Drop(sent);
        }
    }

    public void Drop(Sent sent) => pushed.Drop(sent.Kept);

    /// <summary>Said before anything is read, where it is known: the layer would be larger than it may be.</summary>
    private OciError? TooLarge(UploadRequest request, long? offset)
    {
        var length = request.Http.Request.ContentLength ?? 0;
        return length > Most - (offset ?? 0) && length > 0 ? TooLarge(request) : null;
    }

    private OciError TooLarge(UploadRequest request)
    {
        pushed.Forget(request.Name); // what came of it in requests before
        limits.Reports.Over(Limit.UploadSize, "Limits.UploadSize", request.Http, request.Record);
        return LimitErrors.TooLarge(Most);
    }

    /// <summary>Null where there is nobody left to be told.</summary>
    private OciError? Refused(UploadRequest request, UploadBody? body, FetchFailure failure)
    {
        var http = request.Http;
        switch (body?.End)
        {
            case UploadEnd.ClientLeft when body.ClientFault is BadHttpRequestException malformed && IsAboutChunks(malformed):
                return OciError.UploadInvalid(failure.Reason);
            case UploadEnd.ClientLeft:
                request.Record.ClientLeft = true;
                http.Abort();
                return null;
            case UploadEnd.TooLarge:
                return TooLarge(request);
            case UploadEnd.ClientStalled:
                metrics.ClientStalled();
                request.Record.Aborted = true;
                request.Record.Trouble = failure.Reason;
                http.Abort();
                return null;
        }

        if (failure.Error is FetchError.OutOfRange && request.Route.Session is not null)
        {
            UploadAnswers.Stands(request, request.Session, request.Query.Received);
        }

        return FetchFailures.ToError(failure, RouteKind.Upload);
    }

    /// <summary>Whether the client is still there, and writes what is no HTTP.</summary>
    private static bool IsAboutChunks(BadHttpRequestException malformed) =>
        malformed.Message.StartsWith("Bad chunk", StringComparison.Ordinal);

    /// <summary>What became of a body.</summary>
    /// <param name="Reply">What the registry says; null: see <paramref name="Error"/>.</param>
    /// <param name="Error">What the client is to be told; null where it has left, or all is well.</param>
    /// <param name="Bytes">How many were sent.</param>
    /// <param name="Kept">What is kept of the layer so far, or null.</param>
    internal readonly record struct Sent(UploadReply? Reply, OciError? Error, long Bytes, PushedBlob? Kept);
}
