using System.Text;

namespace FastEcrProxy.LocalEcr;

/// <summary>What ECR does to an image manifest asked for by tag when its stored type is not accepted.</summary>
internal static class ManifestConversion
{
    private const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    private static readonly (string Docker, string Oci)[] MediaTypes =
    [
        (DockerManifest, OciManifest),
        ("application/vnd.docker.container.image.v1+json", "application/vnd.oci.image.config.v1+json"),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", "application/vnd.oci.image.layer.v1.tar+gzip"),
    ];

    /// <summary>
    /// The manifest itself when its type is accepted or there is nothing to turn it into; else its Docker or OCI twin.
    /// </summary>
    public static StoredManifest For(StoredManifest stored, IEnumerable<string?> accept)
    {
        var accepted = accept
            .SelectMany(line => (line ?? "").Split(','))
            .Select(item => item.Split(';')[0].Trim())
            .Where(item => item.Length > 0)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (accepted.Count == 0 || accepted.Contains("*/*") || accepted.Contains("application/*")
            || accepted.Contains(stored.MediaType))
        {
            return stored;
        }

        var twin = stored.MediaType switch
        {
            DockerManifest => OciManifest,
            OciManifest => DockerManifest,
            _ => null,
        };
        return twin is not null && accepted.Contains(twin) ? Rewrite(stored, twin) : stored;
    }

    private static StoredManifest Rewrite(StoredManifest stored, string twin)
    {
        var text = Encoding.UTF8.GetString(stored.Bytes.Span);
        foreach (var (docker, oci) in MediaTypes)
        {
            text = twin == OciManifest
                ? text.Replace($"\"{docker}\"", $"\"{oci}\"", StringComparison.Ordinal)
                : text.Replace($"\"{oci}\"", $"\"{docker}\"", StringComparison.Ordinal);
        }

        return StoredManifest.From(Encoding.UTF8.GetBytes(text), twin);
    }
}
