using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>PUT and DELETE of manifests. A manifest gets in only when everything that it names is there.</summary>
internal sealed class RegistryManifestChanges(LocalService service)
{
    private const int LargestBytes = 4_194_304; // PutImage: imageManifest, max 4194304

    private readonly UploadBody _body = new(service);

    public async Task PutAsync(HttpContext http, RegistryPath path, RepositoryContent repository)
    {
        using var body = new MemoryStream();
        if (!await _body.TakeAsync(http, path.Kind, path.Digest, block => Keep(block, body)))
        {
            return;
        }

        if (body.Length > LargestBytes)
        {
            await Reply.OciErrorAsync(
                http.Response,
                StatusCodes.Status413PayloadTooLarge,
                "SIZE_INVALID",
                "Invalid parameter at 'imageManifest' failed to satisfy constraint: "
                + $"'Member must have length less than or equal to {LargestBytes}'");
            return;
        }

        var stated = http.Request.ContentType?.Split(';')[0].Trim();
        var manifest = StoredManifest.From(body.ToArray(), stated ?? "");
        if (Refusal(path, manifest, repository) is { } refusal)
        {
            await Reply.OciErrorAsync(http.Response, refusal.Status, refusal.Code, refusal.Message);
            return;
        }

        if (!service.Content.TryPutManifest(path.Repository, Typed(manifest), path.IsDigest ? null : path.Reference))
        {
            await Reply.OciErrorAsync(
                http.Response, 400, "TAG_INVALID", Denials.ImmutableTag(path.Reference, path.Repository)); // moby/buildkit#3776
            return;
        }

        await CreatedAsync(http, path, manifest);
    }

    public Task DeleteAsync(HttpContext http, RegistryPath path, RepositoryContent repository) =>
        service.Content.Remove(path.Repository, path.Reference, path.IsDigest) switch
        {
            RepositoryContent.Removal.NotFound => Reply.OciErrorAsync(
                http.Response, 404, "MANIFEST_UNKNOWN", "Requested image not found"),
            RepositoryContent.Removal.StillReferenced => Reply.OciErrorAsync(
                http.Response, 405, "UNSUPPORTED", "Requested image referenced by manifest list"),
            _ => Reply.EmptyAsync(http.Response, StatusCodes.Status202Accepted),
        };

    private static void Keep(ReadOnlySequence<byte> block, MemoryStream body)
    {
        foreach (var piece in block)
        {
            body.Write(piece.Span[..(int)Math.Min(piece.Length, LargestBytes + 1 - body.Length)]);
        }
    }

    /// <summary>Why the manifest does not get in, before its tag is looked at; null when it does.</summary>
    private OciRefusal? Refusal(RegistryPath path, StoredManifest manifest, RepositoryContent repository)
    {
        if (!path.IsDigest && !RegistryPath.IsTag(path.Reference))
        {
            return new(400, "TAG_INVALID", $"Invalid tag '{path.Reference}'");
        }

        if (!manifest.IsReadable)
        {
            return new(400, "MANIFEST_INVALID", "Invalid JSON syntax");
        }

        if (manifest.MediaType.Length == 0 && manifest.StatedType is null)
        {
            return new(405, "UNSUPPORTED", "Invalid JSON syntax"); // in these words: containers/image, docker_image_dest.go
        }

        if (manifest.MediaType.Length > 0 && manifest.StatedType is { } stated && stated != manifest.MediaType)
        {
            return new(400, "MANIFEST_INVALID", $"The manifest is '{stated}', and was sent as '{manifest.MediaType}'");
        }

        if (path.IsDigest && path.Reference != manifest.Digest)
        {
            return new(
                400,
                service.Manners.WrongManifestDigestIsManifestInvalid ? "MANIFEST_INVALID" : "DIGEST_INVALID",
                $"The image with digest '{path.Reference}' in repository '{path.Repository}' and registry ID "
                + $"'{service.RegistryId}' does not match the image digest that Amazon ECR has calculated.");
        }

        var missing = repository.Missing(manifest);
        return missing.Count == 0 ? null
            : new(
                404,
                "MANIFEST_BLOB_UNKNOWN",
                Denials.Incomplete(manifest.Children.Count > 0 ? "Images" : "Layers", missing, path.Repository, service.RegistryId));
    }

    private static StoredManifest Typed(StoredManifest manifest) =>
        manifest.MediaType.Length > 0 ? manifest : manifest with { MediaType = manifest.StatedType! };

    private Task CreatedAsync(HttpContext http, RegistryPath path, StoredManifest manifest)
    {
        var headers = http.Response.Headers;
        var location = $"/v2/{path.Repository}/manifests/{manifest.Digest}";
        headers.Location = service.Manners.LocationIsAbsolute
            ? service.Registry.GetLeftPart(UriPartial.Authority) + location
            : location;
        headers["Docker-Content-Digest"] = manifest.Digest;
        if (manifest.Subject is { } subject)
        {
            headers["OCI-Subject"] = subject;
        }

        return Reply.EmptyAsync(http.Response, StatusCodes.Status201Created);
    }

    /// <summary>An error of the registry.</summary>
    private sealed record OciRefusal(int Status, string Code, string Message);
}
