namespace FastEcrProxy.LoadBench.Servers;

/// <summary>A layer or a manifest that is pulled: a file, and what it is called in the registry.</summary>
internal sealed record Content(string File, long Length, string Digest, bool IsManifest = false)
{
    /// <summary>Where registries have it.</summary>
    public string PathIn(string repository) => $"/v2/{repository}/{(IsManifest ? "manifests" : "blobs")}/{Digest}";
}
