using FastEcrProxy.Cache;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>A layer store that gives each connection a rate of its own, as S3 does, and large layers behind it.</summary>
public sealed class ParallelFillTests
{
    private const int MiB = 1 << 20;
    private const long SlowBytesPerSecond = 20 * MiB;

    private const long ReadAheadBytes = 8 * MiB;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SlowLayerStore_IsAskedForStretchesOnSeveralConnections()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 48 * MiB);
        proxy.Region.Faults.LimitLayers(SlowBytesPerSecond);

        var pulls = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Pull.RunAsync(client, layer.Url(proxy))));

        Assert.All(pulls, pull => pull.AssertWhole(layer));
        var asked = Asked(proxy, layer);
        Assert.Null(asked[0].Range);
        Assert.True(asked.Count > 2, "nothing but the first request");
        Assert.All(asked.Skip(1), entry => Assert.Matches("^bytes=[0-9]+-[0-9]*$", entry.Range));
        await layer.AssertCameOnceAsync(proxy);
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetBlob)); // the address that was learnt is good for all
        Assert.Equal(0, await proxy.MetricAsync("fastecr_upstream_resumes_total"));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(CutHow.Finish)]
    [InlineData(CutHow.Reset)]
    public async Task ConnectionsThatBreak_CostTheirOwnBytesOnly(CutHow how)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 48 * MiB);
        proxy.Region.Faults.LimitLayers(SlowBytesPerSecond);
        proxy.Region.Faults.CutLayers(3 * MiB, how, times: 5);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerStoreThatThrottlesTheOthersForAWhile_StillGivesTheLayer()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 24 * MiB);
        proxy.Region.Faults.LimitLayers(SlowBytesPerSecond);
        proxy.Region.Faults.Answer(RequestKind.GetLayerRange, 503, times: 10);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task AddressThatExpiresOnTheWay_IsAskedForAgain()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 48 * MiB);
        proxy.Region.Faults.LimitLayers(SlowBytesPerSecond);
        proxy.Region.Faults.Answer(RequestKind.GetLayerRange, 403, times: 1);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);

        // By whoever opens a connection before the new one is known; those who are still at work on the old one go on with it.
        Assert.InRange(proxy.Region.Counters.Requests(RequestKind.GetBlob), 2, 1 + new CacheOptions().FetchConnections);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongByteInOneStretch_IsFoundAndNothingIsStored()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 48 * MiB);
        proxy.Region.Faults.LimitLayers(SlowBytesPerSecond);
        proxy.Region.Faults.CorruptLayers(40 * MiB, Faults.Always);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertNotGiven(layer);
        Assert.False(layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerThatNobodyWantsAnyMore_IsFetchedNoFurtherThanTheReadAhead()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: ShortReadAhead);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 64 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB);
        using (var raw = await RawClient.ConnectAsync(proxy))
        {
            await raw.AskAsync(RawClient.Get(layer.Path()));
            await raw.ReadHeadAsync();
            await raw.ReadAsync(MiB);
        }

        await proxy.LoggedAsync("client left");
        var atMostWhenItLeft = await proxy.MetricAsync(TestLayer.Received);
        pause.Release();
        await proxy.MeasuredAsync(1, "fastecr_fills_ended_total", "end=\"kept\"");
        var received = await proxy.MetricAsync(TestLayer.Received);
        var again = await Pull.RunAsync(client, layer.Url(proxy));

        Assert.InRange(received, MiB + ReadAheadBytes, atMostWhenItLeft + ReadAheadBytes + TestLayer.InBuffersBytes);
        again.AssertWhole(layer);
        await proxy.FillsEndedAsync(2);
        var inAll = await proxy.MetricAsync(TestLayer.Received);
        Assert.InRange(inAll, layer.Bytes.Length, layer.Bytes.Length + TestLayer.InBuffersBytes); // what was on its way is not kept
        Assert.Empty(proxy.Complaints);
    }

    private static ProxySettings ShortReadAhead(ProxySettings settings) => settings with
    {
        Cache = settings.Cache with { ReadAheadBytes = ReadAheadBytes },
    };

    private static List<RequestEntry> Asked(ProxyUnderTest proxy, TestLayer layer) =>
        [.. proxy.Region.Counters.Log.Where(entry => entry.Origin == OriginName.Layers && entry.Digest == layer.Digest)];
}
