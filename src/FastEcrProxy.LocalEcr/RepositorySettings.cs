using System.IO.Enumeration;

namespace FastEcrProxy.LocalEcr;

/// <summary>Whether a tag that exists may be moved, in the words of CreateRepository.</summary>
public enum TagMutability
{
    Mutable,
    Immutable,

    /// <summary>All may, but for those that an exclusion filter matches.</summary>
    MutableWithExclusion,

    /// <summary>None may, but for those that an exclusion filter matches.</summary>
    ImmutableWithExclusion,
}

/// <summary>What a repository is created with. The defaults are those of CreateRepository.</summary>
public sealed record RepositorySettings
{
    public TagMutability TagMutability { get; init; }

    /// <summary>Wildcards, such as <c>dev-*</c>.</summary>
    public IReadOnlyList<string> MutabilityExclusions { get; init; } = [];

    public bool ScanOnPush { get; init; }

    /// <summary>AES256, KMS or KMS_DSSE.</summary>
    public string EncryptionType { get; init; } = "AES256";

    public string? KmsKey { get; init; }

    /// <summary>AWS tags: what bills and policies go by, not names of images.</summary>
    public IReadOnlyDictionary<string, string> ResourceTags { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether this tag, once set, may be set to another image.</summary>
    internal bool MayMove(string tag)
    {
        var excluded = MutabilityExclusions.Any(filter => FileSystemName.MatchesSimpleExpression(filter, tag, ignoreCase: false));
        return TagMutability switch
        {
            TagMutability.Mutable => true,
            TagMutability.MutableWithExclusion => !excluded,
            TagMutability.ImmutableWithExclusion => excluded,
            _ => false,
        };
    }
}
