namespace FastEcrProxy.LoadBench.Client;

/// <summary>What a client is to do. Travels as one line of JSON.</summary>
internal sealed record ClientOrder
{
    public required Deed Deed { get; init; }

    public required int Port { get; init; }

    public bool Tls { get; init; }

    /// <summary>Asked for in turn; each connection begins at another one.</summary>
    public required IReadOnlyList<Wanted> Wanted { get; init; }

    public int Connections { get; init; } = 1;

    /// <summary>Requests on each connection, one after the other; zero where <see cref="Seconds"/> says when to end.</summary>
    public int PerConnection { get; init; }

    public double Seconds { get; init; }

    /// <summary>The time is over, too, when this file is gone: for loads that run beside another.</summary>
    public string? WhileExists { get; init; }

    /// <summary>A file that is removed when this is done, for the loads beside it.</summary>
    public string? EndsBy { get; init; }

    /// <summary>Hang up when the time is over; otherwise what has begun is read to its end.</summary>
    public bool HangUp { get; init; }

    /// <summary>How fast each connection reads, for <see cref="Deed.Slow"/>.</summary>
    public long BytesPerSecond { get; init; }
}

/// <summary>The kinds of work a client does.</summary>
internal enum Deed
{
    /// <summary>Reads as fast as it can and counts.</summary>
    Load,

    /// <summary>Reads everything once and compares the digests.</summary>
    Verify,

    /// <summary>Reads at a given rate, as a client behind a thin line or with a busy disk does.</summary>
    Slow,

    /// <summary>Tries until a server that is starting gives the first answer.</summary>
    First,
}

/// <summary>One thing to ask for, and what has to come.</summary>
internal sealed record Wanted(string Path, long Length, string? Digest = null);
