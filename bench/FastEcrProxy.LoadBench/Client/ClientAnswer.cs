namespace FastEcrProxy.LoadBench.Client;

/// <summary>What came of an order. Travels as one line of JSON.</summary>
internal sealed record ClientAnswer
{
    /// <summary>Of bodies.</summary>
    public long Bytes { get; init; }

    /// <summary>Of bodies, of the connection that got the least.</summary>
    public long LeastBytes { get; init; }

    /// <summary>Answered as they had to be.</summary>
    public long Requests { get; init; }

    /// <summary>From the first request to the last byte; connections are open before.</summary>
    public double Seconds { get; init; }

    public double MedianMilliseconds { get; init; }

    public double Percentile99Milliseconds { get; init; }

    /// <summary>When the last byte was there, on the machine's monotonic clock.</summary>
    public long FinishedAt { get; init; }

    public int Failures { get; init; }

    /// <summary>The first failure, in words.</summary>
    public string? Failure { get; init; }
}
