using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What a registry says about a manifest without sending it.</summary>
/// <param name="Digest">Null where the registry does not name one.</param>
/// <param name="MediaType">As the registry sent it.</param>
/// <param name="Length">In bytes; null where the registry does not say.</param>
internal sealed record ManifestHead(Digest? Digest, string MediaType, long? Length);
