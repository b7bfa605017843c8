using System.Diagnostics;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Times from request to last byte, every single one.</summary>
internal sealed class Latencies
{
    private readonly List<long> _ticks = new(1 << 16);

    public void Add(long from, long to) => _ticks.Add(to - from);

    public void Add(Latencies other) => _ticks.AddRange(other._ticks);

    public void Sort() => _ticks.Sort();

    /// <summary>After <see cref="Sort"/>; zero where nothing was measured.</summary>
    public double Milliseconds(double share) =>
        _ticks.Count == 0 ? 0 : _ticks[(int)((_ticks.Count - 1) * share)] * 1000.0 / Stopwatch.Frequency;
}
