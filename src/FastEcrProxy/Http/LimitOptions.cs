namespace FastEcrProxy.Http;

/// <summary>How much of the proxy one client may have, and all together. Zero is no limit; docs/limits.md says how to choose.</summary>
internal sealed record LimitOptions
{
    /// <summary>How many bytes a request's headers may have in all. Default 64 KiB: see <see cref="RequestLimits"/>.</summary>
    public int HeaderBytes { get; init; } = RequestLimits.HeadersBytesUsual;

    /// <summary>
    /// Requests a second from one address, whoever sends them. Default 0: a fleet behind NAT asks for tens of thousands of things
    /// when it begins to pull, and what that costs (connections, transfers, downloads) has limits of its own.
    /// </summary>
    public int RequestsPerAddress { get; init; }

    /// <summary>Requests a second of one user. Default 0, for the same reason.</summary>
    public int RequestsPerUser { get; init; }

    /// <summary>How many requests may come at once after a while without any. Default 1,000: 20 machines that pull 40 layers.</summary>
    public int RequestBurst { get; init; } = 1_000;

    /// <summary>Layers that are sent and received at the same time. Default 5,000: under TLS they hold 1.3 GiB.</summary>
    public int Transfers { get; init; } = 5_000;

    /// <summary>The same for one client. Default 1,000: docker and containerd have three each at a time.</summary>
    public int TransfersPerClient { get; init; } = 1_000;

    /// <summary>Downloads from upstream at the same time. Default 1,000: they hold 115 MiB, and their connections are as many.</summary>
    public int Fills { get; init; } = 1_000;

    /// <summary>The same for one client. Default 500: whatever it asks for, there is as much for the others.</summary>
    public int FillsPerClient { get; init; } = 500;

    /// <summary>How long a request waits for its place among transfers and downloads. Default 10 s: most have theirs by then.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bytes of layers that all clients together are sent in a second, and send. Default 0.</summary>
    public long Bandwidth { get; init; }

    /// <summary>The same for one client. Default 0.</summary>
    public long BandwidthPerClient { get; init; }

    /// <summary>Bytes of one layer that is pushed. Default 52,000 MiB: ECR takes no larger one.</summary>
    public long UploadBytes { get; init; } = 52_000L << 20;
}
