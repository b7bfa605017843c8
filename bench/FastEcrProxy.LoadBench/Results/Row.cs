namespace FastEcrProxy.LoadBench.Results;

/// <summary>One server in one case, with all its rounds.</summary>
internal sealed class Row(string name)
{
    private readonly List<Sample> _samples = [];

    public string Name => name;

    public IReadOnlyList<Sample> Samples => _samples;

    public void Add(Sample sample) => _samples.Add(sample);

    /// <summary>The value that stands for all rounds: their median, or where the measure says so the highest.</summary>
    public double? Value(Measure measure)
    {
        var values = Sorted(measure);
        return values.Count == 0 ? null
            : measure.Highest ? values[^1]
            : (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }

    public double? Lowest(Measure measure) => Sorted(measure) is [var lowest, ..] ? lowest : null;

    public double? Highest(Measure measure) => Sorted(measure) is [.., var highest] ? highest : null;

    private List<double> Sorted(Measure measure) => [.. _samples.Select(sample => sample[measure]).OfType<double>().Order()];
}
