using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>What a client is told of a manifest.</summary>
/// <param name="Digest">Of its exact bytes.</param>
/// <param name="MediaType">As the registry sent it.</param>
/// <param name="Length">Of its bytes.</param>
/// <param name="Outcome">Where this comes from.</param>
internal sealed record ResolvedManifest(Digest Digest, string MediaType, long Length, CacheOutcome Outcome)
{
    /// <summary>All of it; null where only a HEAD was asked for and nothing was fetched.</summary>
    public StoredManifest? Stored { get; init; }

    public static ResolvedManifest Of(StoredManifest manifest, CacheOutcome outcome) =>
        new(manifest.Digest, manifest.MediaType, manifest.Bytes.Length, outcome) { Stored = manifest };
}
