using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Stopping and starting while layers are on their way.</summary>
public sealed class RestartTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DownloadThatARestartInterrupts_IsGoneOnWith()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: Quickly.Stopping);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 12 * MiB);
        await Interrupted.RestartAsync(proxy, client, layer, 6 * MiB); // what its client has got is no clean end
        proxy.Region.Counters.Reset();

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        Interrupted.AssertOnlyTheRestWasAsked(proxy, layer, 5 * MiB);
        await proxy.FillsEndedAsync(1);
        Assert.True(layer.IsStored(proxy));
        Assert.Empty(Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "partial")));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TransferThatRunsAtTheStop_IsLetEnd()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB);
        using var answer = await client.GetAsync(layer.Url(proxy));
        await pause.ReachedAsync(Cancel);

        var stopping = proxy.StopAsync();
        await proxy.LoggedAsync("Stopping");
        pause.Release();
        var (bytes, isWhole) = await Pull.ReadAsync(answer);
        await stopping;

        Assert.True(isWhole && layer.Bytes.AsSpan().SequenceEqual(bytes), $"{bytes.Length} bytes came");
        Assert.True(layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StoredLayers_AreServedAfterARestartWithoutUpstream()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 2 * MiB);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);

        await proxy.StopAsync();
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        await proxy.StartAgainAsync();
        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
    }
}
