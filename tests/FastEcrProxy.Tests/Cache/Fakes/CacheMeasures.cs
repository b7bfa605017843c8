using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using FastEcrProxy.Observability;
using Microsoft.Extensions.DependencyInjection;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>The measurements of one cache: what they say, and a way to wait until a download has ended.</summary>
internal sealed class CacheMeasures : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly Channel<string> _ends = Channel.CreateUnbounded<string>();
    private readonly ConcurrentDictionary<string, long> _observed = new();

    public CacheMeasures()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "fastecr.fills.ended")
            {
                _ends.Writer.TryWrite(tags[0].Value!.ToString()!);
            }
            else
            {
                _observed[instrument.Name] = value;
            }
        });
        _listener.Start();
        Metrics = new ProxyMetrics(meters);
    }

    public ProxyMetrics Metrics { get; }

    public long UpstreamBytes => Observe("fastecr.upstream.received");

    public long Resumes => Observe("fastecr.upstream.resumes");

    public long Mismatches => Observe("fastecr.digest.mismatches");

    public long EvictedBlobs => Observe("fastecr.cache.evictions");

    public long ActiveFills => Observe("fastecr.fills.active");

    public long AddedConnections => Observe("fastecr.fills.added_connections");

    public long BufferBytes => Observe("fastecr.fills.buffers");

    /// <summary>How the next download ended that nobody has been told of yet: <c>published</c>, <c>failed</c> or <c>kept</c>.</summary>
    public Task<string> NextEndAsync() =>
        _ends.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Reading.Patience);

    /// <summary>How the next two ended, in the alphabet's order: the second may be told of first.</summary>
    public async Task<string[]> NextTwoEndsAsync()
    {
        string[] ends = [await NextEndAsync(), await NextEndAsync()];
        return [.. ends.Order(StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private long Observe(string name)
    {
        _listener.RecordObservableInstruments();
        return _observed.GetValueOrDefault(name);
    }
}
