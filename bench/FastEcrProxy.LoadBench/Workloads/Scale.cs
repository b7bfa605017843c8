namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>How large and how long: for figures, or for a look whether everything still works.</summary>
internal sealed record Scale
{
    private const long Mebibyte = 1 << 20;

    public static readonly Scale Full = new()
    {
        Rounds = 5,
        LayerBytes = 1024 * Mebibyte,
        LimitedRounds = 5,
        LimitedLayerBytes = [256 * Mebibyte, 1024 * Mebibyte],
        LimitedBytesPerSecond = 50_000_000,
        PullsPerRound = 4,
        Seconds = 3,
        SlowSeconds = 10,
        SlowClients = 500,
        Blobs = 100_000,
        Starts = 15,
    };

    public static readonly Scale Quick = new()
    {
        Rounds = 2,
        LayerBytes = 128 * Mebibyte,
        LimitedRounds = 1,
        LimitedLayerBytes = [256 * Mebibyte],
        LimitedBytesPerSecond = 100_000_000,
        PullsPerRound = 4,
        Seconds = 0.5,
        SlowSeconds = 2,
        SlowClients = 500,
        Blobs = 10_000,
        Starts = 4,
    };

    public required int Rounds { get; init; }

    public required long LayerBytes { get; init; }

    /// <summary>Where the stand-in is limited, which takes long and varies little.</summary>
    public required int LimitedRounds { get; init; }

    /// <summary>Of one connection to it, where one client is all there is.</summary>
    public required long LimitedBytesPerSecond { get; init; }

    /// <summary>Where the stand-in is limited; there the size decides how many connections are worth it.</summary>
    public required IReadOnlyList<long> LimitedLayerBytes { get; init; }

    /// <summary>Of one client, so that a round takes long enough for the kernel's clock ticks.</summary>
    public required int PullsPerRound { get; init; }

    /// <summary>Of a round that is measured by time.</summary>
    public required double Seconds { get; init; }

    public required double SlowSeconds { get; init; }

    public required int SlowClients { get; init; }

    /// <summary>On disk, for the start with many.</summary>
    public required int Blobs { get; init; }

    public required int Starts { get; init; }
}
