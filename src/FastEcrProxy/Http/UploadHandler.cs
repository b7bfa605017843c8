using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>
/// Layers that clients push: from the client's connection to the registry's, and on the way into the cache. Steps 5 to 8 of a
/// request, in the other direction.
/// </summary>
internal sealed class UploadHandler(UploadBegin begin, LayerPush push, RepositoryBlobs repositories, PushedBlobs pushed)
    : IRequestHandler
{
    public async ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        record.Outcome = CacheOutcome.Passed;
        ClientBodies.LiftLimits(http);
        if (route.Session is null)
        {
            return await begin.HandleAsync(new UploadRequest(http, route, to, default, record));
        }

        if (UploadQuery.TryParse(http.Request.QueryString.Value, out var query) is { } malformed)
        {
            return malformed;
        }

        var request = new UploadRequest(http, route, to, query, record);
        return http.Request.Method switch
        {
            "PATCH" => await AppendAsync(request),
            "PUT" => await FinishAsync(request),
            "DELETE" => await CancelAsync(request),
            _ => await StatusAsync(request),
        };
    }

    private async ValueTask<OciError?> AppendAsync(UploadRequest request)
    {
        if (CheckRange(request, out var offset) is { } wrong)
        {
            return wrong;
        }

        var sent = await push.SendAsync(
            request, offset, (body, cancel) => request.Uploads.AppendAsync(request.To.There, request.Session, body, cancel));
        if (sent.Reply is not { } reply)
        {
            return sent.Error;
        }

        push.Wait(sent, request.Name);
        UploadAnswers.GoesOn(request, StatusCodes.Status202Accepted, reply, (offset + sent.Bytes) ?? reply.ReceivedBytes);
        return null;
    }

    private async ValueTask<OciError?> FinishAsync(UploadRequest request)
    {
        if (request.Query.Digest is not { } digest)
        {
            return OciError.DigestInvalid("An upload ends with a PUT that says what it is: digest=sha256:… in the query.");
        }

        if (CheckRange(request, out var offset) is { } wrong)
        {
            return wrong;
        }

        var sent = await push.SendAsync(
            request, offset, (body, cancel) => request.Uploads.FinishAsync(request.To.There, request.Session, body, cancel));
        if (sent.Reply is null)
        {
            return sent.Error;
        }

        repositories.Learn(request.To.Key, digest);
        push.Publish(sent, digest);
        UploadAnswers.Created(request, digest);
        return null;
    }

    private async ValueTask<OciError?> StatusAsync(UploadRequest request)
    {
        var (reply, failure) = await request.Uploads.StatusAsync(request.To.There, request.Session, request.Http.RequestAborted);
        if (reply is null && failure!.Status == StatusCodes.Status405MethodNotAllowed && request.Query.Received is not null)
        {
            reply = new UploadReply(request.Session); // a registry that is not asked such things: what is known here is known
        }

        if (reply is null)
        {
            return FetchFailures.ToError(failure!, RouteKind.Upload);
        }

        // What was cut off on its way is known to the registry alone; what ECR forgets to count, here.
        var received = request.Query.Received is { } known ? Math.Max(known, reply.ReceivedBytes ?? 0) : reply.ReceivedBytes;
        UploadAnswers.GoesOn(request, StatusCodes.Status204NoContent, reply, received);
        return null;
    }

    private async ValueTask<OciError?> CancelAsync(UploadRequest request)
    {
        pushed.Forget(request.Name);
        if (await request.Uploads.CancelAsync(request.To.There, request.Session, request.Http.RequestAborted) is { } failure)
        {
            return FetchFailures.ToError(failure, RouteKind.Upload);
        }

        request.Http.Response.StatusCode = StatusCodes.Status204NoContent;
        return null;
    }

    /// <summary>
    /// Whether a chunk begins where the upload stands. The registry is not asked: it would take the bytes before it says no.
    /// </summary>
    /// <param name="request">What the client says of it.</param>
    /// <param name="offset">Where it begins; null where neither the client nor its query says so.</param>
    private static OciError? CheckRange(UploadRequest request, out long? offset)
    {
        offset = request.Query.Received;
        var header = request.Http.Request.Headers.ContentRange;
        if (header.Count == 0)
        {
            return null;
        }

        if (header is not [{ } text] || !ChunkRange.TryParse(text, out var range))
        {
            return OciError.UploadInvalid("The Content-Range of a chunk is its first and last byte: 0-1023.");
        }

        if (request.Http.Request.ContentLength is { } length && length != range.Length)
        {
            return new OciError(400, "SIZE_INVALID", $"The chunk has {length} bytes; its Content-Range speaks of {range.Length}.");
        }

        if (offset is { } stands && stands != range.First)
        {
            UploadAnswers.Stands(request, request.Session, stands);
            return new OciError(
                416, "BLOB_UPLOAD_INVALID", $"The upload has {stands} bytes: the next chunk begins there and not at {range.First}.");
        }

        offset = range.First;
        return null;
    }
}
