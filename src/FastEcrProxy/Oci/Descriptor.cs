namespace FastEcrProxy.Oci;

/// <summary>What a manifest says of one thing that it names.</summary>
/// <param name="Digest">Its name.</param>
/// <param name="IsManifest">Whether it is another manifest, as in an index; otherwise it is a blob: a config or a layer.</param>
internal sealed record Descriptor(Digest Digest, bool IsManifest)
{
    /// <summary>In bytes, where the manifest says it; Docker's schema 1 does not.</summary>
    public long? Size { get; init; }

    /// <summary>What a manifest in an index runs on, where the index says it.</summary>
    public Platform? Platform { get; init; }
}
