using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>What the registry last said about a tag.</summary>
/// <param name="Digest">Which manifest it named.</param>
/// <param name="CheckedAt">When it said so.</param>
internal sealed record TagEntry(Digest Digest, DateTimeOffset CheckedAt);
