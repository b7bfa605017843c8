using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>A cache that is full: what goes, what stays, and in which order.</summary>
public sealed class FullCacheTests
{
    private const int MiB = 1 << 20;

    private int _downloads; // since the proxy's start

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LeastRecentlyUsed_GoesFirst()
    {
        await using var proxy = await StartAsync(10 * MiB);
        using var client = new PullClient();
        var layers = await StoreAsync(proxy, client, 3, 3 * MiB);

        (await Pull.RunAsync(client, layers[0].Url(proxy))).AssertWhole(layers[0]); // used again
        var newest = await StoreAsync(proxy, client, TestLayer.Upstream(proxy, 3 * MiB, seed: 9));

        Assert.True(layers[0].IsStored(proxy));
        Assert.False(layers[1].IsStored(proxy));
        Assert.True(layers[2].IsStored(proxy));
        Assert.True(newest.IsStored(proxy));
        await proxy.MeasuredAsync(1, "fastecr_cache_evictions_total");
        (await Pull.RunAsync(client, layers[1].Url(proxy))).AssertWhole(layers[1]); // fetched again
        Assert.Equal(2, proxy.Region.Counters.LayerGets(layers[1].Digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task OrderOfUse_SurvivesARestart()
    {
        await using var proxy = await StartAsync(10 * MiB);
        using var client = new PullClient();
        var layers = await StoreAsync(proxy, client, 3, 3 * MiB);

        await proxy.StopAsync();
        await proxy.StartAgainAsync();
        _downloads = 0;
        await proxy.MeasuredAsync(3, "fastecr_cache_blobs");
        await StoreAsync(proxy, client, TestLayer.Upstream(proxy, 6 * MiB, seed: 9));

        Assert.Equal([false, false, true], layers.Select(layer => layer.IsStored(proxy)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BlobThatIsBeingSent_IsNotEvicted()
    {
        await using var proxy = await StartAsync(50 * MiB);
        using var client = new PullClient();
        var sent = await StoreAsync(proxy, client, TestLayer.Upstream(proxy, 32 * MiB));
        using var slow = await RawClient.ConnectAsync(proxy, receiveBufferBytes: 64 << 10);
        await slow.AskAsync(RawClient.Get(sent.Path()));
        await slow.ReadHeadAsync();

        var others = await StoreAsync(proxy, client, 3, 9 * MiB);
        var bytes = await slow.ReadAsync(sent.Bytes.Length);

        Assert.True(sent.Bytes.AsSpan().SequenceEqual(bytes));
        Assert.True(sent.IsStored(proxy));
        Assert.Equal([false, true, true], others.Select(layer => layer.IsStored(proxy)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BlobLargerThanTheCache_GoesStraightToItsClients()
    {
        await using var proxy = await StartAsync(2 * MiB);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);

        var pulls = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Pull.RunAsync(client, layer.Url(proxy))));
        var range = await Pull.RunAsync(client, layer.Url(proxy), ("Range", "bytes=-1000"));
        var several = await Pull.RunAsync(client, layer.Url(proxy), ("Range", "bytes=5000000-5000009,10-19"));

        Assert.All(pulls, pull => pull.AssertWhole(layer));
        Assert.Equal(layer.Bytes[^1000..], range.Bytes);
        Assert.True(several.Bytes.AsSpan().IndexOf(layer.Bytes.AsSpan(5_000_000, 10)) > 0);
        Assert.True(several.Bytes.AsSpan().IndexOf(layer.Bytes.AsSpan(10, 10)) > 0);
        await proxy.MeasuredAsync(3, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"unstored\"", "status=\"200\"");
        await proxy.MeasuredAsync(2, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"unstored\"", "status=\"206\"");
        Assert.False(layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BlobLargerThanTheCache_IsCheckedOnItsWay()
    {
        await using var proxy = await StartAsync(2 * MiB);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        using var wrong = proxy.Region.Faults.CorruptLayers(3 * MiB, Faults.Always);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertNotGiven(layer);
        await Until.TrueAsync(async () => await proxy.MetricAsync("fastecr_digest_mismatches_total") > 0);
    }

    private static Task<ProxyUnderTest> StartAsync(long bytes) => ProxyUnderTest.StartAsync(
        adjust: settings => settings with { Cache = settings.Cache with { SizeBytes = bytes } });

    private async Task<List<TestLayer>> StoreAsync(ProxyUnderTest proxy, PullClient client, int count, int length)
    {
        List<TestLayer> layers = [];
        for (var seed = 1; seed <= count; seed++)
        {
            layers.Add(await StoreAsync(proxy, client, TestLayer.Upstream(proxy, length, 100 + seed)));
        }

        return layers;
    }

    /// <summary>One after the other, each to the end: until then its room is not what it will be.</summary>
    private async Task<TestLayer> StoreAsync(ProxyUnderTest proxy, PullClient client, TestLayer layer)
    {
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await proxy.FillsEndedAsync(++_downloads);
        Assert.True(layer.IsStored(proxy));
        return layer;
    }
}
