using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using FastEcrProxy.Observability;
using Microsoft.Extensions.DependencyInjection;

namespace FastEcrProxy.Tests.Observability;

/// <summary>What one <see cref="ProxyMetrics"/> measured, as <c>name{tag=value,…} value</c>, from whichever thread.</summary>
internal sealed class MeasuredValues : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _lines = new(); // downloads are measured on threads of their own

    public MeasuredValues()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                Units[instrument.Name] = instrument.Unit ?? "";
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
        Metrics = new ProxyMetrics(meters);
    }

    public ProxyMetrics Metrics { get; }

    public Dictionary<string, string> Units { get; } = [];

    /// <summary>What was recorded since the last call; what is observed is not in it.</summary>
    public string[] Recorded()
    {
        List<string> lines = [];
        while (_lines.TryDequeue(out var line))
        {
            lines.Add(line);
        }

        return [.. lines];
    }

    /// <summary>What is observed now.</summary>
    public string[] Observed()
    {
        Recorded();
        _listener.RecordObservableInstruments();
        return Recorded();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private void Add<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
        _lines.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{instrument.Name}{{{text}}} {value}"));
    }
}
