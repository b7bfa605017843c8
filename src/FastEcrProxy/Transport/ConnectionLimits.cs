namespace FastEcrProxy.Transport;

/// <summary>How many connections clients may have, and how long one may do nothing.</summary>
internal sealed record ConnectionLimits
{
    /// <summary>
    /// Most connections at the same time; 0: no limit. Default 10,000: one that is idle holds 13 KiB of memory, under TLS 43, so
    /// that is less than half a gigabyte. One that is sent a layer holds 4 KiB more, under TLS 256 KiB.
    /// </summary>
    public int Total { get; init; } = 10_000;

    /// <summary>
    /// Most of them from one address, of IPv6 from one network of 64 bits; 0: no limit. Default 2,000: a branch office behind NAT,
    /// or a balancer that does not tell its clients' addresses, is one address.
    /// </summary>
    public int PerAddress { get; init; } = 2_000;

    /// <summary>How long a connection may be idle between requests. Default 130 s: longer than clients keep theirs (Go: 90 s).</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>How long a request's head may take from its first byte on. Default 30 s.</summary>
    public TimeSpan HeadTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a TLS handshake may take. Default 10 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many bytes a request's headers may have in all. Default 64 KiB.</summary>
    public int HeaderBytes { get; init; } = 64 << 10;
}
