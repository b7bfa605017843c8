using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>What one round of one server gave and cost.</summary>
/// <param name="Answers">Of the clients, in the order of their orders.</param>
/// <param name="Counts">What the stand-in was asked for meanwhile.</param>
internal sealed record Measured(IReadOnlyList<ClientAnswer> Answers, UpstreamAnswer Counts)
{
    private const double Gigabyte = 1e9;
    private const double Megabyte = 1e6;

    /// <summary>Null where no server was between client and stand-in.</summary>
    public double? ServerSeconds { get; init; }

    public double ClientSeconds { get; init; }

    public double UpstreamSeconds { get; init; }

    public double ForeignSeconds { get; init; }

    public double? PeakMebibytes { get; init; }

    private ClientAnswer Main => Answers[0];

    /// <summary>As a question of bytes.</summary>
    public Sample Transfers() => WithCosts(new Sample
    {
        [Measure.Throughput] = Main.Bytes / Main.Seconds / Megabyte,
        [Measure.CpuPerGigabyte] = ServerSeconds / (Main.Bytes / Gigabyte),
    });

    /// <summary>As a question of requests.</summary>
    public Sample Requests() => WithCosts(new Sample
    {
        [Measure.RequestRate] = Main.Requests / Main.Seconds,
        [Measure.Median] = Main.MedianMilliseconds,
        [Measure.Percentile99] = Main.Percentile99Milliseconds,
        [Measure.CpuPerRequest] = ServerSeconds / Main.Requests * 1e6,
    });

    public Sample WithCosts(Sample sample)
    {
        sample[Measure.PeakMemory] = PeakMebibytes;
        sample[Measure.ServerShare] = ServerSeconds / Main.Seconds;
        sample[Measure.ClientShare] = ClientSeconds / Main.Seconds;
        sample[Measure.UpstreamShare] = UpstreamSeconds / Main.Seconds;
        sample[Measure.ForeignShare] = ForeignSeconds / Main.Seconds;
        return sample;
    }
}
