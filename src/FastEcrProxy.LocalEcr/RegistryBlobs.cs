using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Blobs at the registry: their size on HEAD, the way to their bytes on GET, and their end.</summary>
internal sealed class RegistryBlobs(LocalRegion region)
{
    private const string BlobType = "application/octet-stream";

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

        if (repository.Blob(path.Reference) is not { } blob)
        {
            return Reply.OciErrorAsync(
                http.Response,
                404,
                "BLOB_UNKNOWN",
                $"The layer with digest '{path.Reference}' does not exist in the repository with name '{path.Repository}' "
                + $"in the registry with id '{region.AccountId}'");
        }

        if (path.Kind == RequestKind.DeleteBlob)
        {
            return DeleteAsync(http, path);
        }

        var isHead = path.Kind == RequestKind.HeadBlob;
        switch (isHead ? region.Faults.HeadBlob : HeadBlobAnswer.Redirect)
        {
            case HeadBlobAnswer.NotAllowed:
                return Reply.OciErrorAsync(http.Response, 405, "UNSUPPORTED", "The operation is unsupported.");
            case HeadBlobAnswer.Size:
                http.Response.Headers["Docker-Content-Digest"] = blob.Digest;
                http.Response.ContentType = BlobType;
                http.Response.ContentLength = blob.Length;
                return Task.CompletedTask;
            default:
                return RedirectAsync(http, path.Kind, blob);
        }
    }

    private Task DeleteAsync(HttpContext http, RegistryPath path)
    {
        if (region.Manners.BlobsStay)
        {
            return Reply.OciErrorAsync(http.Response, 405, "UNSUPPORTED", "The operation is unsupported.");
        }

        region.Content.DeleteBlob(path.Repository, path.Reference);
        return Reply.EmptyAsync(http.Response, StatusCodes.Status202Accepted);
    }

    private Task RedirectAsync(HttpContext http, RequestKind kind, LayerContent blob)
    {
        var foreign = region.Faults.Take<FaultPlan.Redirect>(kind, blob.Digest)?.Plan as FaultPlan.Redirect;
        var url = region.LayerUrls.Sign(
            http.Request.Method, foreign?.Host ?? region.Layers, region.Content.ObjectPath(blob.Digest));
        http.Response.Headers.Location = url;
        http.Response.Headers["Docker-Content-Digest"] = blob.Digest;
        return Reply.BytesAsync(http.Response, StatusCodes.Status307TemporaryRedirect, BlobType, default);
    }
}
