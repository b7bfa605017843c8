using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>The registry: who may ask, and which part answers.</summary>
internal sealed class RegistryOrigin(LocalService service)
{
    private const RequestKind CreatingKinds =
        RequestKind.StartUpload | RequestKind.UploadWhole | RequestKind.MountBlob | RequestKind.AnyManifestPut;

    private readonly RegistryManifests _manifests = new(service);
    private readonly RegistryBlobs _blobs = new(service);
    private readonly RegistryLists _lists = new(service);
    private readonly RegistryUploads _uploads = new(service);
    private readonly RegistryManifestChanges _changes = new(service);

    public Task AnswerAsync(HttpContext http)
    {
        var path = RegistryPath.Parse(http.Request);
        var admission = service.Door.Examine(http.Request, path);
        http.Response.Headers["Docker-Distribution-Api-Version"] = "registry/2.0";

        var entry = Visit.Entry(http, OriginName.Registry, path.Kind, path.Digest, admission);
        return Visit.RunAsync(service, entry, http, () => AuthorizeAsync(http, path, admission));
    }

    private Task AuthorizeAsync(HttpContext http, RegistryPath path, Admission admission)
    {
        if (admission.RefuseAsync is { } refuseAsync)
        {
            return refuseAsync(http.Response);
        }

        if (service.Faults.Take<FaultPlan.Deny>(path.Kind, path.Digest) is not null)
        {
            return Reply.OciErrorAsync(http.Response, 403, "DENIED", service.Denial(ActionOf(path), path.Repository));
        }

        if (admission.Identity is { } identity && IsAction(path.Kind)
            && !identity.May(service.RegistryId, path.Repository, ActionOf(path)))
        {
            var denial = service.Denial(ActionOf(path), path.Repository, admission.TokenAccountId, identity.Name);
            return Reply.OciErrorAsync(http.Response, 403, "DENIED", denial);
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

        if ((path.Kind & CreatingKinds) != 0 && !service.Manners.RepositoriesMustExist)
        {
            service.Content.CreateRepository(path.Repository);
        }

        if (service.Content.Find(path.Repository) is not { } repository)
        {
            return Reply.OciErrorAsync(
                http.Response, 404, "NAME_UNKNOWN", Denials.NoRepository(path.Repository, service.RegistryId));
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

    /// <summary>Whether IAM has a say: a token is all that a ping needs, and what is no request at all needs nothing.</summary>
    private static bool IsAction(RequestKind kind) => kind is not (RequestKind.Ping or RequestKind.OtherRegistry);

    private static string ActionOf(RegistryPath path) => path.Kind switch
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
        RequestKind.DeleteManifestByTag or RequestKind.DeleteManifestByDigest or RequestKind.DeleteBlob => "BatchDeleteImage",
        _ => "BatchGetImage",
    };
}
