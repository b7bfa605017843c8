namespace FastEcrProxy.LoadBench.Results;

/// <summary>Something that is measured once in every round, and how it is written.</summary>
/// <param name="Title">The head of its column, with the unit.</param>
/// <param name="Decimals">After the point.</param>
/// <param name="Highest">Of all rounds the highest counts, not the median.</param>
internal sealed record Measure(string Title, int Decimals, bool Highest = false)
{
    public static readonly Measure Throughput = new("MB/s", 0);
    public static readonly Measure RequestRate = new("requests/s", 0);
    public static readonly Measure FirstAnswer = new("ms to the first answer", 1);
    public static readonly Measure CpuPerGigabyte = new("CPU s/GB", 3);
    public static readonly Measure CpuPerRequest = new("CPU µs/request", 1);
    public static readonly Measure Median = new("p50 ms", 2);
    public static readonly Measure Percentile99 = new("p99 ms", 2);
    public static readonly Measure PeakMemory = new("peak RSS MiB", 1, Highest: true);
    public static readonly Measure Copies = new("upstream copies", 2, Highest: true);
    public static readonly Measure Ready = new("ms to ready", 1);
    public static readonly Measure Indexed = new("ms to the whole index", 0);
    public static readonly Measure HitMeanwhile = new("ms for a hit meanwhile (p99)", 2);
    public static readonly Measure BytesPerBlob = new("bytes of RSS per blob", 0);
    public static readonly Measure Slowest = new("slowest client, % of its rate", 0);
    public static readonly Measure Resident = new("RSS MiB", 1);
    public static readonly Measure Descriptors = new("descriptors", 0);
    public static readonly Measure Threads = new("threads", 0);
    public static readonly Measure LogLines = new("lines in the log", 0, Highest: true);
    public static readonly Measure PullsMeanwhile = new("pulls meanwhile, MB/s", 0);

    /// <summary>CPU seconds per second: of the server, of the client, of the stand-in, of processes that are none of ours.</summary>
    public static readonly Measure ServerShare = new("server", 2);
    public static readonly Measure ClientShare = new("client", 2);
    public static readonly Measure UpstreamShare = new("stand-in", 2);
    public static readonly Measure ForeignShare = new("others", 2);

    /// <summary>What explains a figure, but is none: it has no column of its own.</summary>
    public bool IsShare =>
        this == ServerShare || this == ClientShare || this == UpstreamShare || this == ForeignShare;

    public string Write(double value) => value.ToString($"F{Decimals}");
}
