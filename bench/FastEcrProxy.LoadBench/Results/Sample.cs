namespace FastEcrProxy.LoadBench.Results;

/// <summary>What one round of one server gave. The first measure is the one that the workload asks about.</summary>
internal sealed class Sample
{
    private readonly OrderedDictionary<Measure, double> _values = [];

    public IEnumerable<Measure> Measures => _values.Keys;

    public double? this[Measure measure]
    {
        get => _values.TryGetValue(measure, out var value) ? value : null;
        set
        {
            if (value is { } known)
            {
                _values[measure] = known;
            }
        }
    }
}
