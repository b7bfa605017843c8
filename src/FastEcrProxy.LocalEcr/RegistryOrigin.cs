using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>The registry of one Region: who may ask, and which part answers.</summary>
internal sealed class RegistryOrigin(LocalRegion region)
{
    private readonly RegistryManifests _manifests = new(region);
    private readonly RegistryBlobs _blobs = new(region);
    private readonly RegistryLists _lists = new(region);
    private readonly RegistryUploads _uploads = new(region);
    private readonly RegistryManifestChanges _changes = new(region);

    public Task AnswerAsync(HttpContext http)
    {
        var path = RegistryPath.Parse(http.Request);
        var verdict = region.Tokens.Check(http.Request.Headers.Authorization, out var token);
        http.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";

        var entry = Visit.Entry(http, OriginName.Registry, path.Kind, path.Digest, token);
        return Visit.RunAsync(region, entry, http, () => AuthorizeAsync(http, path, verdict));
    }

    private Task AuthorizeAsync(HttpContext http, RegistryPath path, TokenIssuer.Verdict verdict)
    {
        switch (verdict)
        {
            case TokenIssuer.Verdict.Missing or TokenIssuer.Verdict.Invalid:
                http.Response.Headers.WWWAuthenticate =
                    $"Basic realm=\"https://{region.Registry.Authority}/\",service=\"ecr.amazonaws.com\"";
                return Reply.TextAsync(http.Response, 401, "text/plain; charset=utf-8", "Not Authorized\n");
            case TokenIssuer.Verdict.Expired:
                return Reply.OciErrorAsync(
                    http.Response, 403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
        }

        if (region.Faults.Take<FaultPlan.Deny>(path.Kind, path.Digest) is not null)
        {
            return Reply.OciErrorAsync(http.Response, 403, "DENIED", Denial(path));
        }

        return DispatchAsync(http, path);
    }

    private Task DispatchAsync(HttpContext http, RegistryPath path)
    {
        switch (path.Kind)
        {
            case RequestKind.Ping:
                return Reply.BytesAsync(http.Response, 200, "text/plain; charset=utf-8", default);
            case RequestKind.ListRepositories:
                return _lists.RepositoriesAsync(http);
            case RequestKind.OtherRegistry when HttpMethods.IsGet(http.Request.Method):
                return Reply.TextAsync(http.Response, 404, "text/plain; charset=utf-8", "404 page not found\n");
            case RequestKind.OtherRegistry:
                return Reply.OciErrorAsync(http.Response, 405, "UNSUPPORTED", "The operation is unsupported.");
        }

        if (!RegistryPath.IsRepositoryName(path.Repository))
        {
            return Reply.OciErrorAsync(http.Response, 400, "NAME_INVALID", Denials.InvalidRepositoryName);
        }

        if (region.Content.Find(path.Repository) is not { } repository)
        {
            return Reply.OciErrorAsync(
                http.Response, 404, "NAME_UNKNOWN", Denials.NoRepository(path.Repository, region.AccountId));
        }

        return path.Kind switch
        {
            RequestKind.ListTags => _lists.TagsAsync(http, path.Repository, repository),
            RequestKind.ListReferrers => _lists.ReferrersAsync(http, path, repository),
            RequestKind.GetBlob or RequestKind.HeadBlob or RequestKind.DeleteBlob => _blobs.AnswerAsync(http, path, repository),
            var kind when (kind & RequestKind.AnyUpload) != 0 => _uploads.AnswerAsync(http, path, repository),
            var kind when (kind & RequestKind.AnyManifestPut) != 0 => _changes.PutAsync(http, path, repository),
            RequestKind.DeleteManifestByTag or RequestKind.DeleteManifestByDigest => _changes.DeleteAsync(http, path, repository),
            _ => _manifests.AnswerAsync(http, path, repository),
        };
    }

    private string Denial(RegistryPath path)
    {
        var action = path.Kind switch
        {
            RequestKind.GetBlob => "GetDownloadUrlForLayer",
            RequestKind.HeadBlob => "BatchCheckLayerAvailability",
            RequestKind.ListTags => "ListImages",
            RequestKind.ListReferrers => "ListImageReferrers",
            RequestKind.ListRepositories => "DescribeRepositories",
            RequestKind.StartUpload or RequestKind.UploadWhole or RequestKind.MountBlob => "InitiateLayerUpload",
            RequestKind.UploadPart or RequestKind.UploadStatus or RequestKind.CancelUpload => "UploadLayerPart",
            RequestKind.FinishUpload => "CompleteLayerUpload",
            RequestKind.PutManifestByTag or RequestKind.PutManifestByDigest => "PutImage",
            RequestKind.DeleteManifestByTag or RequestKind.DeleteManifestByDigest => "BatchDeleteImage",
            _ => "BatchGetImage",
        };
        return Denials.NotAllowed(region, action, path.Repository.Length > 0 ? region.ArnOf(path.Repository) : "*");
    }
}
