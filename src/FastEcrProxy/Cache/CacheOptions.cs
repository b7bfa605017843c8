namespace FastEcrProxy.Cache;

/// <summary>Where cached content lives, how much room it may take, and how long an old answer about a tag is good.</summary>
internal sealed record CacheOptions
{
    /// <summary>Directory of the cache. One filesystem: a blob is published by a rename.</summary>
    public string Directory { get; init; } = "/var/cache/fast-ecr-proxy";

    /// <summary>Above this many bytes the least recently used blobs go. Default 100 GiB: a few hundred images.</summary>
    public long SizeBytes { get; init; } = 100L << 30;

    /// <summary>
    /// Bytes of the filesystem that are left alone, whatever <see cref="SizeBytes"/> says. Default 1 GiB: logs still fit.
    /// </summary>
    public long FreeSpaceBytes { get; init; } = 1L << 30;

    /// <summary>
    /// How long a tag is answered without asking the registry. Default zero: asked every time, so a push is seen at once.
    /// </summary>
    public TimeSpan TagFreshness { get; init; } = TimeSpan.Zero;

    /// <summary>
    /// How long the last known answer about a tag is good while the registry cannot be reached. Default 7 days: a long
    /// weekend.
    /// </summary>
    public TimeSpan StaleIfError { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Most connections that fetch one blob at the same time: more than one for readers far apart, and where more bring it
    /// sooner. Default 8: S3 gives one some tens of MB/s, so that eight fill most lines.
    /// </summary>
    public int FetchConnections { get; init; } = 8;

    /// <summary>
    /// Most connections that fetch blobs beyond the first of each, all blobs together. Default 64, each with at most 256 KiB of
    /// memory (<see cref="FetchMemory"/>).
    /// </summary>
    public int FetchConnectionsTotal { get; init; } = 64;

    /// <summary>
    /// How much of a blob is still fetched when its last client has left; what has come is kept. Default 256 MiB: all of
    /// most layers, and of the others what a client that comes back has asked for meanwhile.
    /// </summary>
    public long ReadAheadBytes { get; init; } = 256L << 20;

    /// <summary>
    /// Most layers that are fetched before a client asks for them, of all images together and of each. Default 4: docker and
    /// containerd ask for three at a time, so that the next three and a config are on their way; and an image of which nothing is
    /// asked for has cost four times <see cref="ReadAheadBytes"/> at most. Zero: none.
    /// </summary>
    public int Prefetch { get; init; } = 4;
}
