namespace FastEcrProxy.Server;

/// <summary>What a person wants in the cache, as it was written.</summary>
internal sealed record WarmOptions
{
    public const int AtATimeMost = 64; // more only fight for one line

    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>Of an index; empty: what this machine runs.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    public bool AllPlatforms { get; init; }

    /// <summary>The registry that images are named after, as containerd says it to a mirror; null where nothing is said.</summary>
    public string? Namespace { get; init; }

    /// <summary>Most blobs that are fetched at the same time. Default 4: more than any client asks for hardly bring more.</summary>
    public int AtATime { get; init; } = 4;

    /// <summary>Whether what is in the cache already is read and hashed once more.</summary>
    public bool Rereads { get; init; }
}
