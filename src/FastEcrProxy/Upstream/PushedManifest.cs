using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What a registry says of a manifest that it has taken.</summary>
/// <param name="Digest">What the manifest is called there.</param>
internal sealed record PushedManifest(Digest Digest)
{
    /// <summary>The registry's <c>OCI-Subject</c>: it keeps the list of referrers itself.</summary>
    public string? Subject { get; init; }

    /// <summary>The registry's <c>OCI-Tag</c> headers: which tags of the query it has set.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
