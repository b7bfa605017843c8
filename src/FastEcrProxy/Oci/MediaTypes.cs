namespace FastEcrProxy.Oci;

/// <summary>Media types that the proxy itself gives to its answers, and those that it asks for.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Octets = "application/octet-stream";

    /// <summary>What today's clients accept for a manifest, so that ECR converts nothing.</summary>
    public static IReadOnlyList<string> Manifests { get; } =
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];
}
