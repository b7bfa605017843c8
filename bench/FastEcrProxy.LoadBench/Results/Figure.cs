namespace FastEcrProxy.LoadBench.Results;

/// <summary>Something that the project wants to reach, as data.</summary>
/// <param name="Workload">Its name.</param>
/// <param name="Measure">What is compared.</param>
/// <param name="Against">The server that it is a multiple of; null where the value itself counts.</param>
/// <param name="AtMost">Less is better.</param>
/// <param name="Must">What is promised; null where there is only an aim.</param>
/// <param name="Aim">What is hoped for.</param>
internal sealed record Figure(string Workload, Measure Measure, string? Against, bool AtMost, double? Must, double? Aim)
{
    /// <summary>A ratio beyond this share of the promise, the wrong way, is no noise.</summary>
    private const double FarOff = 2;

    /// <summary>What was measured; null where the case has not what it takes.</summary>
    public double? In(Case measured, string proxy) => Against is null
        ? measured.Find(proxy)?.Value(Measure)
        : measured.Ratio(Measure, proxy, Against);

    public bool Reaches(double value, double limit) => AtMost ? value <= limit : value >= limit;

    /// <summary>Worse than half of what is promised.</summary>
    public bool IsFarOff(double value) =>
        Must is { } must && !Reaches(value, AtMost ? must * FarOff : must / FarOff);

    /// <summary>How well it is reached: 1 is just so, more is better, whichever way it counts.</summary>
    public double Degree(double value) => (Must ?? Aim) is not { } limit || value == 0 ? 1 : AtMost ? limit / value : value / limit;

    public string Verdict(double value) =>
        Must is { } must && !Reaches(value, must) ? "missed"
        : Aim is { } aim && Reaches(value, aim) ? "aim reached"
        : Must is null ? "aim missed"
        : "reached";

    public string Write(double value) => Against is null ? $"{Measure.Write(value)}" : $"{Number(value)} x {Against}";

    public string Limit(double? limit) =>
        limit is { } number ? $"{(AtMost ? "<=" : ">=")} {Number(number)}{(Against is null ? "" : " x")}" : "-";

    private static string Number(double value) => value.ToString("0.##");
}
