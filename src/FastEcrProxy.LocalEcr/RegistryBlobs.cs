using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Blobs at the registry: their size on HEAD, their bytes or the way to them on GET, and their end.</summary>
internal sealed class RegistryBlobs(LocalService service)
{
    private const string BlobType = "application/octet-stream";

    private readonly LayerAnswer _layers = new(service);

    public Task AnswerAsync(HttpContext http, RegistryPath path, RepositoryContent repository)
    {
        if (!RegistryPath.IsDigestText(path.Reference))
        {
            return Reply.OciErrorAsync(
                http.Response,
                400,
                "DIGEST_INVALID",
                "Invalid parameter at 'layerDigest' failed to satisfy constraint: 'must satisfy regular expression "
                + "'[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+''");
        }

        var isHead = path.Kind == RequestKind.HeadBlob;
        if (isHead && service.Faults.HeadBlob == HeadBlobAnswer.Unauthorized)
        {
            return service.Door.ChallengeAsync(http.Response, path);
        }

        if (repository.Blob(path.Reference) is not { } blob)
        {
            return Reply.OciErrorAsync(
                http.Response,
                404,
                "BLOB_UNKNOWN",
                $"The layer with digest '{path.Reference}' does not exist in the repository with name '{path.Repository}' "
                + $"in the registry with id '{service.RegistryId}'");
        }

        if (path.Kind == RequestKind.DeleteBlob)
        {
            return DeleteAsync(http, path);
        }

        switch (isHead ? service.Faults.HeadBlob : HeadBlobAnswer.Redirect)
        {
            case HeadBlobAnswer.NotAllowed:
                return Reply.OciErrorAsync(http.Response, 405, "UNSUPPORTED", "The operation is unsupported.");
            case HeadBlobAnswer.Size:
                http.Response.Headers["Docker-Content-Digest"] = blob.Digest;
                http.Response.ContentType = BlobType;
                http.Response.ContentLength = blob.Length;
                return Task.CompletedTask;
            default:
                return service.LayerUrls is { } urls
                    ? RedirectAsync(http, path.Kind, blob, urls)
                    : SendAsync(http, blob);
        }
    }

    private Task DeleteAsync(HttpContext http, RegistryPath path)
    {
        if (service.Manners.BlobsStay)
        {
            return Reply.OciErrorAsync(http.Response, 405, "UNSUPPORTED", "The operation is unsupported.");
        }

        service.Content.DeleteBlob(path.Repository, path.Reference);
        return Reply.EmptyAsync(http.Response, StatusCodes.Status202Accepted);
    }

    private Task SendAsync(HttpContext http, LayerContent blob)
    {
        http.Response.Headers["Docker-Content-Digest"] = blob.Digest;
        http.Response.ContentType = BlobType;
        return _layers.SendAsync(http, LayerAnswer.KindOf(http.Request), blob, total => Reply.OciErrorAsync(
            http.Response, 416, "RANGE_INVALID", $"The blob has {total} bytes"));
    }

    private Task RedirectAsync(HttpContext http, RequestKind kind, LayerContent blob, LayerUrls urls)
    {
        var foreign = service.Faults.Take<FaultPlan.Redirect>(kind, blob.Digest)?.Plan as FaultPlan.Redirect;
        var url = urls.Sign(
            http.Request.Method, foreign?.Host ?? service.RedirectTarget, service.Content.ObjectPath(blob.Digest));
        http.Response.Headers.Location = url;
        http.Response.Headers["Docker-Content-Digest"] = blob.Digest;
        return Reply.BytesAsync(http.Response, StatusCodes.Status307TemporaryRedirect, BlobType, default);
    }
}
