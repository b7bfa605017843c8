using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Results;

/// <summary>One way to ask a workload's question: so many clients, pinned or not. A table.</summary>
internal sealed class Case(string title, Cores cores, string baseline)
{
    private readonly List<Row> _rows = [];
    private readonly List<string> _notes = [];

    public string Title => title;

    public Cores Cores => cores;

    /// <summary>The row that the ratios refer to.</summary>
    public string Baseline => baseline;

    public IReadOnlyList<Row> Rows => _rows;

    /// <summary>Sentences below the table.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Whether the figures to reach are meant for this case; otherwise it only explains.</summary>
    public bool Counts { get; init; } = true;

    /// <summary>A case whose servers log nothing, or every request; the latter only explains.</summary>
    public static Case Logged(Cores cores, bool logging, string baseline) =>
        new(cores.Title + (logging ? ", every request logged to a file" : ""), cores, baseline) { Counts = !logging };

    public IReadOnlyList<Measure> Measures =>
        [.. _rows.SelectMany(static row => row.Samples).SelectMany(static sample => sample.Measures).Distinct()];

    public Row? Find(string name) => _rows.Find(row => row.Name == name);

    public void Add(string name, Sample sample)
    {
        if (Find(name) is not { } row)
        {
            _rows.Add(row = new Row(name));
        }

        row.Add(sample);
    }

    public void Note(string sentence) => _notes.Add(sentence);

    /// <summary>One server's value as a multiple of another's; null where one of them was not measured.</summary>
    public double? Ratio(Measure measure, string name, string against) =>
        Find(name)?.Value(measure) is { } value && Find(against)?.Value(measure) is { } other && other > 0 ? value / other : null;
}
