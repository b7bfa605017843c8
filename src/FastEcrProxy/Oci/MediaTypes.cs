namespace FastEcrProxy.Oci;

/// <summary>Media types that the proxy itself gives to its answers.</summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Octets = "application/octet-stream";
}
