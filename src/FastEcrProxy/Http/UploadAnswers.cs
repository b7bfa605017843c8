using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>What clients are told of uploads, in headers: the specification's, and those that docker waits for.</summary>
internal static class UploadAnswers
{
    private const string UploadId = "Docker-Upload-UUID";
    private const string ChunkLengthLeast = "OCI-Chunk-Min-Length";

    /// <summary>The upload goes on.</summary>
    /// <param name="request">What is answered.</param>
    /// <param name="status">202, or 204 to a question.</param>
    /// <param name="reply">What the registry said, with an upload.</param>
    /// <param name="received">How many bytes the upload has; null where nobody knows.</param>
    public static void GoesOn(UploadRequest request, int status, UploadReply reply, long? received)
    {
        var response = request.Http.Response;
        response.StatusCode = status;
        Stands(request, reply.Session!, received);
        if (reply.Id is { Length: > 0 } id && !id.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            response.Headers[UploadId] = id;
        }

        if (reply.ChunkLengthLeast is { Length: > 0 } least && !least.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            response.Headers[ChunkLengthLeast] = least;
        }
    }

    /// <summary>Where the upload stands, on good answers and on a 416: a client goes on from there.</summary>
    public static void Stands(UploadRequest request, UploadSession session, long? received)
    {
        var headers = request.Http.Response.Headers;
        var query = UploadQuery.Of(session, received, request.Namespace);
        headers.Location = $"/v2/{request.Route.Repository}/blobs/uploads/{session.Id}{(query.Length == 0 ? "" : "?")}{query}";
        headers[UploadId] = session.Id;
        if (received is { } bytes)
        {
            headers.Range = ChunkRange.OfReceived(bytes);
        }
    }

    /// <summary>The repository has the layer.</summary>
    public static void Created(UploadRequest request, Digest digest)
    {
        var response = request.Http.Response;
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v2/{request.Route.Repository}/blobs/{digest}";
        response.Headers[HeaderRules.ContentDigest] = digest.ToString();
    }
}
