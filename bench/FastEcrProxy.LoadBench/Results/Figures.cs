using FastEcrProxy.LoadBench.Servers;

namespace FastEcrProxy.LoadBench.Results;

/// <summary>What the project must reach, and what it aims at, workload by workload.</summary>
internal static class Figures
{
    private const string Nginx = Names.Nginx;

    private static readonly Figure[] All =
    [
        new("hit", Measure.Throughput, Nginx, AtMost: false, Must: 1.0, Aim: null),
        new("hit", Measure.CpuPerGigabyte, Nginx, AtMost: true, Must: 1.1, Aim: 1.0),
        new("hit", Measure.Throughput, Names.Floor, AtMost: false, Must: null, Aim: 0.9),
        new("hit", Measure.CpuPerGigabyte, Names.Floor, AtMost: true, Must: null, Aim: 1.1),
        new("hit-small", Measure.RequestRate, Names.RealNginx, AtMost: false, Must: 2, Aim: 4),
        new("hit-tls", Measure.Throughput, Nginx, AtMost: false, Must: 1.0, Aim: 1.25),
        new("cold", Measure.Throughput, Nginx, AtMost: false, Must: 1.2, Aim: 1.5),
        new("cold-limited", Measure.Throughput, Names.OneConnection, AtMost: false, Must: 4, Aim: 8),
        new("herd-limited", Measure.Throughput, Nginx, AtMost: false, Must: 4, Aim: 8),
        new("herd", Measure.Throughput, Nginx, AtMost: false, Must: 1.2, Aim: 1.5),
        new("manifest", Measure.RequestRate, Nginx, AtMost: false, Must: 1.2, Aim: 1.5),
        new("slow-clients", Measure.PeakMemory, null, AtMost: true, Must: 64, Aim: 45),
        new("start", Measure.FirstAnswer, null, AtMost: true, Must: 120, Aim: 60),
        new("start-100k", Measure.Ready, null, AtMost: true, Must: 1000, Aim: 300),
        new("start-100k", Measure.BytesPerBlob, null, AtMost: true, Must: 200, Aim: 120),
    ];

    public static bool Has(string workload) => All.Any(figure => figure.Workload == workload);

    /// <summary>All that is measured of a workload's figures, case by case.</summary>
    public static IReadOnlyList<Reached> Of(string workload, IReadOnlyList<Case> cases) =>
    [
        .. from measured in cases
           where measured.Counts
           from figure in All
           where figure.Workload == workload && figure.In(measured, Names.Proxy) is not null
           select new Reached(figure, measured, figure.In(measured, Names.Proxy)!.Value),
    ];
}

/// <summary>A figure with what came out.</summary>
internal sealed record Reached(Figure Figure, Case Case, double Value);
