namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>What the command line says.</summary>
internal sealed record BenchOptions
{
    public const string Usage =
        "usage: bench/run.sh [--quick] [--rounds N] [--minutes N] [--upstream tls|plain] [--variant NAME:KEY=VALUE[,KEY=VALUE]]... "
        + "[workload...]";

    public bool Quick { get; init; }

    /// <summary>Null is what the scale says.</summary>
    public int? Rounds { get; init; }

    /// <summary>How long the soak takes.</summary>
    public double Minutes { get; init; } = 60;

    /// <summary>Whether the stand-in speaks TLS; null is what each workload says.</summary>
    public bool? UpstreamTls { get; init; }

    /// <summary>Names of workloads; empty is all.</summary>
    public IReadOnlyList<string> Workloads { get; init; } = [];

    /// <summary>More columns: our proxy with other settings, by name.</summary>
    public IReadOnlyList<(string Name, IReadOnlyDictionary<string, string> Environment)> Variants { get; init; } = [];

    /// <summary>The published fast-ecr-proxy.</summary>
    public required string Binary { get; init; }

    /// <summary>Floor/floor.c, compiled; null where that was not possible.</summary>
    public string? FloorProgram { get; init; }

    /// <summary>For everything that a run writes but its results.</summary>
    public required string WorkFolder { get; init; }

    public required string ResultsFolder { get; init; }

    /// <summary>As it was typed, for the results.</summary>
    public required string Command { get; init; }
}
