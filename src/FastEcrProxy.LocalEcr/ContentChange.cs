namespace FastEcrProxy.LocalEcr;

/// <summary>What was put into a repository.</summary>
public enum ContentKind
{
    Blob,
    Manifest,
    Tag,
}

/// <summary>One thing that was put into a repository, as replication carries it on.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Repository">Where it was put.</param>
/// <param name="Digest">Of the blob or the manifest, or what the tag was set to.</param>
/// <param name="Tag">Null for all but tags.</param>
public sealed record ContentChange(ContentKind Kind, string Repository, string Digest, string? Tag = null);
