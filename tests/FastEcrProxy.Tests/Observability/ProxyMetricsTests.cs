using System.Diagnostics.Metrics;
using FastEcrProxy.Observability;
using Microsoft.Extensions.DependencyInjection;

namespace FastEcrProxy.Tests.Observability;

public sealed class ProxyMetricsTests : IDisposable
{
    private readonly MeasuredValues _measured = new();

    private ProxyMetrics Metrics => _measured.Metrics;

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void EndedRequest_IsCountedTimedAndItsBytesAdded()
    {
        Metrics.RequestEnded(RequestKind.Blob, 206, CacheOutcome.Joined, 1234, TimeSpan.FromMilliseconds(1500));

        Assert.Equal(["fastecr.request.duration{kind=blob,outcome=joined} 1.5"], _measured.Recorded());
        Assert.Equal(
            ["fastecr.requests{kind=blob,status=206,outcome=joined} 1", "fastecr.client.sent{outcome=joined} 1234"],
            _measured.Observed()[..2]);
    }

    [Fact]
    public void Requests_AreCountedByAllTheirTagsAndBytesByOutcome()
    {
        Metrics.RequestEnded(RequestKind.Manifest, 200, CacheOutcome.Hit, 10, TimeSpan.Zero);
        Metrics.RequestEnded(RequestKind.Manifest, 200, CacheOutcome.Hit, 7, TimeSpan.Zero);
        Metrics.RequestEnded(RequestKind.Blob, 206, CacheOutcome.Hit, 100, TimeSpan.Zero);
        Metrics.RequestEnded(RequestKind.Blob, 404, CacheOutcome.None, 0, TimeSpan.Zero);

        Assert.Equal(
            [
                "fastecr.requests{kind=manifest,status=200,outcome=hit} 2",
                "fastecr.requests{kind=blob,status=404,outcome=none} 1",
                "fastecr.requests{kind=blob,status=206,outcome=hit} 1",
                "fastecr.client.sent{outcome=none} 0",
                "fastecr.client.sent{outcome=hit} 117",
            ],
            _measured.Observed()[..5]);
    }

    [Fact]
    public void RequestsOfManyThreads_AreAllCounted()
    {
        const int Each = 20_000;

        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < Each; i++)
            {
                Metrics.RequestEnded(RequestKind.Ping, 200, CacheOutcome.None, 2, TimeSpan.Zero);
            }
        });

        Assert.Equal(
            [$"fastecr.requests{{kind=ping,status=200,outcome=none}} {4 * Each}", $"fastecr.client.sent{{outcome=none}} {8 * Each}"],
            _measured.Observed()[..2]);
    }

    [Theory]
    [InlineData(99, "other")]
    [InlineData(100, "100")]
    [InlineData(599, "599")]
    [InlineData(600, "other")]
    [InlineData(-1, "other")]
    public void StatusOfARequest_IsANumberOrOther(int status, string tag)
    {
        Metrics.RequestEnded(RequestKind.Unknown, status, CacheOutcome.None, 0, TimeSpan.Zero);

        Assert.Equal($"fastecr.requests{{kind=unknown,status={tag},outcome=none}} 1", _measured.Observed()[0]);
    }

    [Fact]
    public void EveryKindOutcomePeerAndEnd_HasItsNameInLowerCase()
    {
        var expected = new List<string>();
        foreach (var kind in Enum.GetValues<RequestKind>())
        {
            foreach (var outcome in Enum.GetValues<CacheOutcome>())
            {
                Metrics.RequestEnded(kind, 200, outcome, 0, TimeSpan.Zero);
                expected.Add($"fastecr.requests{{kind={kind},status=200,outcome={outcome}}} 1".ToLowerInvariant());
            }
        }

        Assert.Equal(expected, _measured.Observed()[..expected.Count]);
        expected.Clear();

        foreach (var peer in Enum.GetValues<UpstreamPeer>())
        {
            Metrics.UpstreamAnswered(peer, 200, TimeSpan.Zero);
            expected.Add($"fastecr.upstream.duration{{peer={peer},status=2xx}} 0".ToLowerInvariant());
        }

        foreach (var end in Enum.GetValues<FillEnd>())
        {
            Metrics.FillEnded(end);
            Metrics.PushEnded(end);
            expected.Add($"fastecr.fills.ended{{end={end}}} 1".ToLowerInvariant());
            expected.Add($"fastecr.pushes.ended{{end={end}}} 1".ToLowerInvariant());
        }

        foreach (var limit in Enum.GetValues<Limit>())
        {
            Metrics.Limited(limit);
            expected.Add($"fastecr.limited{{limit={limit}}} 1".ToLowerInvariant());
        }

        Assert.Equal(expected, _measured.Recorded());
    }

    [Theory]
    [InlineData(0, "none")]
    [InlineData(101, "1xx")]
    [InlineData(206, "2xx")]
    [InlineData(307, "3xx")]
    [InlineData(403, "4xx")]
    [InlineData(503, "5xx")]
    [InlineData(999, "other")]
    public void AnswerOfUpstream_IsTimedByClassOfStatus(int status, string tag)
    {
        Metrics.UpstreamAnswered(UpstreamPeer.Layers, status, TimeSpan.FromMilliseconds(250));

        Assert.Equal([$"fastecr.upstream.duration{{peer=layers,status={tag}}} 0.25"], _measured.Recorded());
    }

    [Fact]
    public void BeforeAnythingHappens_CountersAreThereAsZero()
    {
        Assert.Equal(
            [
                "fastecr.fills.active{} 0",
                "fastecr.client.received{} 0",
                "fastecr.upstream.received{} 0",
                "fastecr.upstream.resumes{} 0",
                "fastecr.upstream.failovers{} 0",
                "fastecr.upstream.lags{} 0",
                "fastecr.upstream.outages{} 0",
                "fastecr.digest.mismatches{} 0",
                "fastecr.cache.evictions{} 0",
                "fastecr.cache.evicted{} 0",
                "fastecr.client.stalled{} 0",
                "fastecr.client.refused{} 0",
                "fastecr.client.blocked{} 0",
                "fastecr.client.denied{} 0",
                "fastecr.client.certificates.refused{} 0",
                "fastecr.prefetch.started{} 0",
                "fastecr.prefetch.used{} 0",
                "fastecr.prefetch.wasted{} 0",
                "fastecr.prefetch.failed{} 0",
            ],
            _measured.Observed());
    }

    [Fact]
    public void WhatHappened_AddsUp()
    {
        Metrics.FillStarted();
        Metrics.FillStarted();
        Metrics.FillEnded(FillEnd.Kept);
        Metrics.ClientBytes(5);
        Metrics.ClientBytes(7);
        Metrics.UpstreamBytes(100);
        Metrics.UpstreamBytes(11);
        Metrics.Resumed();
        Metrics.Resumed();
        Metrics.DigestMismatch();
        Metrics.Evicted(3, 5000);
        Metrics.Evicted(1, 7);
        Metrics.ClientStalled();
        Metrics.CallerRefused();
        Metrics.CallerRefused();
        Metrics.CallerBlocked();
        Metrics.CallerDenied();
        Metrics.ClientCertificateRefused();
        Metrics.PrefetchStarted();
        Metrics.PrefetchStarted();
        Metrics.PrefetchStarted();
        Metrics.PrefetchUsed();
        Metrics.PrefetchWasted();
        Metrics.PrefetchFailed();
        Metrics.AnotherRegistryAsked(lags: false);
        Metrics.AnotherRegistryAsked(lags: false);
        Metrics.AnotherRegistryAsked(lags: true);
        Metrics.RegistryWentDown();

        Assert.Equal(
            [
                "fastecr.fills.active{} 1",
                "fastecr.client.received{} 12",
                "fastecr.upstream.received{} 111",
                "fastecr.upstream.resumes{} 2",
                "fastecr.upstream.failovers{} 2",
                "fastecr.upstream.lags{} 1",
                "fastecr.upstream.outages{} 1",
                "fastecr.digest.mismatches{} 1",
                "fastecr.cache.evictions{} 4",
                "fastecr.cache.evicted{} 5007",
                "fastecr.client.stalled{} 1",
                "fastecr.client.refused{} 2",
                "fastecr.client.blocked{} 1",
                "fastecr.client.denied{} 1",
                "fastecr.client.certificates.refused{} 1",
                "fastecr.prefetch.started{} 3",
                "fastecr.prefetch.used{} 1",
                "fastecr.prefetch.wasted{} 1",
                "fastecr.prefetch.failed{} 1",
            ],
            _measured.Observed());
    }

    [Fact]
    public void CacheFetchesAndToken_AreReadWhenAsked()
    {
        long bytes = 10;
        Metrics.ObserveCache(() => bytes, () => 2);
        Metrics.ObserveFetches(() => 7, () => 1 << 20);
        Metrics.ObserveToken(() => 43_200.5);
        bytes = 20;

        var observed = _measured.Observed();

        Assert.Equal(
            [
                "fastecr.cache.size{} 20",
                "fastecr.cache.blobs{} 2",
                "fastecr.fills.added_connections{} 7",
                "fastecr.fills.buffers{} 1048576",
                "fastecr.token.time_left{} 43200.5",
            ],
            observed[^5..]);
    }

    [Fact]
    public void Units_AreThoseOfOpenTelemetry()
    {
        Metrics.ObserveCache(() => 0, () => 0);
        Metrics.ObserveFetches(() => 0, () => 0);
        Metrics.ObserveToken(() => 0);
        Metrics.ObserveCertificates(() => 0);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["fastecr.requests"] = "{request}",
                ["fastecr.request.duration"] = "s",
                ["fastecr.client.sent"] = "By",
                ["fastecr.fills.ended"] = "{fill}",
                ["fastecr.pushes.ended"] = "{layer}",
                ["fastecr.limited"] = "{client}",
                ["fastecr.client.received"] = "By",
                ["fastecr.upstream.duration"] = "s",
                ["fastecr.fills.active"] = "{fill}",
                ["fastecr.upstream.received"] = "By",
                ["fastecr.upstream.failovers"] = "{request}",
                ["fastecr.upstream.lags"] = "{request}",
                ["fastecr.upstream.outages"] = "{outage}",
                ["fastecr.upstream.resumes"] = "{resume}",
                ["fastecr.digest.mismatches"] = "{mismatch}",
                ["fastecr.cache.evictions"] = "{blob}",
                ["fastecr.cache.evicted"] = "By",
                ["fastecr.client.stalled"] = "{client}",
                ["fastecr.client.refused"] = "{request}",
                ["fastecr.client.blocked"] = "{request}",
                ["fastecr.client.denied"] = "{request}",
                ["fastecr.client.certificates.refused"] = "{certificate}",
                ["fastecr.certificate.time_left"] = "s",
                ["fastecr.prefetch.started"] = "{layer}",
                ["fastecr.prefetch.used"] = "{layer}",
                ["fastecr.prefetch.wasted"] = "{layer}",
                ["fastecr.prefetch.failed"] = "{layer}",
                ["fastecr.cache.size"] = "By",
                ["fastecr.cache.blobs"] = "{blob}",
                ["fastecr.fills.added_connections"] = "{connection}",
                ["fastecr.fills.buffers"] = "By",
                ["fastecr.token.time_left"] = "s",
            },
            _measured.Units);
    }

    [Fact]
    public void Measurement_AllocatesNothing()
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        long heard = 0;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => heard++);
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => heard++);
        listener.Start();
        var metrics = new ProxyMetrics(meters);
        MeasureAll(metrics);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 1000; round++)
        {
            MeasureAll(metrics);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
        Assert.Equal(1001 * 3, heard);
    }

    private static void MeasureAll(ProxyMetrics metrics)
    {
        metrics.RequestEnded(RequestKind.Manifest, 404, CacheOutcome.Passed, 10, TimeSpan.FromSeconds(1));
        metrics.UpstreamAnswered(UpstreamPeer.Registry, 0, TimeSpan.FromSeconds(1));
        metrics.FillStarted();
        metrics.FillEnded(FillEnd.Published);
        metrics.UpstreamBytes(10);
        metrics.Resumed();
        metrics.DigestMismatch();
        metrics.Evicted(1, 10);
    }
}
