using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.Http;

namespace FastEcrProxy.FunctionalTests.Limits;

/// <summary>Layers on their way at the same time: to clients, and from upstream.</summary>
public sealed class TransferLimitTests
{
    private const int MiB = 1 << 20;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(1, 0, 503, "UNAVAILABLE", "transfers")]
    [InlineData(0, 1, 429, "TOOMANYREQUESTS", "clienttransfers")]
    public async Task LayerOverTheLimit_IsToldToComeBackAndServedThen(int total, int perClient, int status, string code, string limit)
    {
        await using var proxy = await StartAsync(
            new LimitOptions { Transfers = total, TransfersPerClient = perClient, Wait = TimeSpan.Zero });
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 24 * MiB);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        using var slow = await TakeNothingOfAsync(proxy, layer);

        using (var refused = await client.GetAsync(layer.Url(proxy)))
        {
            await AssertRefusedAsync(refused, status, code);
        }

        using (var head = await client.SendAsync(HttpMethod.Head, layer.Url(proxy)))
        {
            Assert.Equal(HttpStatusCode.OK, head.StatusCode); // no bytes, no transfer
        }

        await proxy.MeasuredAsync(1, "fastecr_limited_total", $"limit=\"{limit}\"");
        slow.Reset();
        await Until.TrueAsync(async () => (await Pull.RunAsync(client, layer.Url(proxy))).IsWhole
            && (await Pull.RunAsync(client, layer.Url(proxy))).Status is HttpStatusCode.OK);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerOverTheLimit_WaitsForItsPlace()
    {
        await using var proxy = await StartAsync(new LimitOptions { Transfers = 1, Wait = TimeSpan.FromMinutes(5) });
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 24 * MiB);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        using var slow = await TakeNothingOfAsync(proxy, layer);

        var waiting = Pull.RunAsync(client, layer.Url(proxy));
        await Until.TrueAsync(() => proxy.RequestsFor(layer.Hex) == 3);
        Assert.False(waiting.IsCompleted);
        slow.Reset();

        (await waiting).AssertWhole(layer);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(1, 0, 503, "UNAVAILABLE", "fills")]
    [InlineData(0, 1, 429, "TOOMANYREQUESTS", "clientfills")]
    public async Task DownloadOverTheLimit_IsToldToComeBackWhileHitsAndJoinsAreServed(
        int total, int perClient, int status, string code, string limit)
    {
        await using var proxy = await StartAsync(new LimitOptions { Fills = total, FillsPerClient = perClient, Wait = TimeSpan.Zero });
        using var client = new PullClient();
        var hit = TestLayer.Upstream(proxy, MiB, seed: 1);
        var arriving = TestLayer.Upstream(proxy, 6 * MiB, seed: 2);
        var cold = TestLayer.Upstream(proxy, MiB, seed: 3);
        (await Pull.RunAsync(client, hit.Url(proxy))).AssertWhole(hit);
        await proxy.FillsEndedAsync(1);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 2 * MiB);
        using var first = await client.GetAsync(arriving.Url(proxy));

        using (var refused = await client.GetAsync(cold.Url(proxy)))
        {
            await AssertRefusedAsync(refused, status, code);
        }

        using var joined = await client.GetAsync(arriving.Url(proxy));
        Assert.Equal(HttpStatusCode.OK, joined.StatusCode);
        (await Pull.RunAsync(client, hit.Url(proxy))).AssertWhole(hit);
        await proxy.MeasuredAsync(1, "fastecr_limited_total", $"limit=\"{limit}\"");

        pause.Release();
        Assert.Equal(arriving.Bytes, (await Pull.ReadAsync(first)).Bytes);
        Assert.Equal(arriving.Bytes, (await Pull.ReadAsync(joined)).Bytes);
        await proxy.FillsEndedAsync(2);
        (await Pull.RunAsync(client, cold.Url(proxy))).AssertWhole(cold);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ColdLayers_WaitForTheirPlacesAndAllCome()
    {
        await using var proxy = await StartAsync(new LimitOptions { Fills = 2, FillsPerClient = 2, Wait = TimeSpan.FromMinutes(5) });
        using var client = new PullClient();
        var layers = Enumerable.Range(0, 40).Select(seed => TestLayer.Upstream(proxy, 64 << 10, seed)).ToList();

        var pulls = await Task.WhenAll(layers.Select(layer => Pull.RunAsync(client, layer.Url(proxy))));

        Assert.All(layers.Zip(pulls), static pair => pair.Second.AssertWhole(pair.First));
        await proxy.FillsEndedAsync(40);
        Assert.Equal(0, await proxy.MetricAsync("fastecr_limited_total"));
    }

    private static Task<ProxyUnderTest> StartAsync(LimitOptions limits) =>
        ProxyUnderTest.StartAsync(adjust: settings => settings with { Limits = limits });

    /// <summary>A client that has asked for a layer and reads no more than its head.</summary>
    private static async Task<RawClient> TakeNothingOfAsync(ProxyUnderTest proxy, TestLayer layer)
    {
        var slow = await RawClient.ConnectAsync(proxy, receiveBufferBytes: 64 << 10);
        await slow.AskAsync(RawClient.Get(layer.Path()));
        await slow.ReadHeadAsync();
        return slow;
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage refused, int status, string code)
    {
        var text = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(status, (int)refused.StatusCode);
        Assert.Contains($"\"code\":\"{code}\"", text, StringComparison.Ordinal);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
    }
}
