namespace FastEcrProxy.Oci;

/// <summary>Media types that the proxy itself has to tell apart.</summary>
internal static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string Json = "application/json";
    public const string Octets = "application/octet-stream";
}
