using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>GET and HEAD of manifests: exact by digest, converted to what is accepted by tag.</summary>
internal sealed class RegistryManifests(LocalService service)
{
    public Task AnswerAsync(HttpContext http, RegistryPath path, RepositoryContent repository)
    {
        if (path.IsDigest && !RegistryPath.IsDigestText(path.Reference))
        {
            return Reply.OciErrorAsync(
                http.Response, 400, "DIGEST_INVALID", $"Invalid digest '{path.Reference}' in repository '{path.Repository}'");
        }

        if (Find(http.Request, path, repository) is not { } manifest)
        {
            return Reply.OciErrorAsync(http.Response, 404, "MANIFEST_UNKNOWN", "Requested image not found");
        }

        http.Response.Headers["Docker-Content-Digest"] = manifest.Digest;
        var bytes = service.Faults.Take<FaultPlan.CorruptManifest>(path.Kind, manifest.Digest) is null
            ? manifest.Bytes
            : Corrupted(manifest.Bytes);
        return Reply.BytesAsync(http.Response, 200, manifest.MediaType, bytes);
    }

    private StoredManifest? Find(HttpRequest request, RegistryPath path, RepositoryContent repository)
    {
        if (path.IsDigest)
        {
            return repository.ByDigest(path.Reference);
        }

        if (repository.ByTag(path.Reference) is not { } stored || !service.Manners.ConvertsManifests)
        {
            return repository.ByTag(path.Reference);
        }

        var answered = ManifestConversion.For(stored, request.Headers.Accept);
        if (answered != stored)
        {
            repository.PutConverted(answered);
        }

        return answered;
    }

    private static byte[] Corrupted(ReadOnlyMemory<byte> bytes)
    {
        var wrong = bytes.ToArray();
        wrong[^1] ^= 0xff;
        return wrong;
    }
}
