using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>What a client does, staying or leaving, and what the download does about it.</summary>
public sealed class LeavingClientTests
{
    private const int MiB = 1 << 20;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FirstBytes_ComeWhileTheRestIsStillMissing()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 2 * MiB);

        using var answer = await client.GetAsync(layer.Url(proxy));
        var begun = await Pull.ReadAsync(answer, MiB);
        pause.Release();
        var (rest, isWhole) = await Pull.ReadAsync(answer);

        Assert.Equal(layer.Bytes.Length, answer.Content.Headers.ContentLength);
        Assert.True(isWhole);
        Assert.True(layer.Bytes.AsSpan().SequenceEqual([.. begun, .. rest]));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ClientThatLeaves_DoesNotStopTheDownload(bool byReset)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 14 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 2 * MiB);
        using var raw = await RawClient.ConnectAsync(proxy);

        await raw.AskAsync(RawClient.Get(layer.Path()));
        await raw.ReadHeadAsync();
        await raw.ReadAsync(MiB);
        if (byReset)
        {
            raw.Reset();
        }
        else
        {
            raw.Dispose();
        }

        await proxy.LoggedAsync("client left");
        pause.Release();
        await Until.TrueAsync(() => layer.IsStored(proxy));
        var second = await Pull.RunAsync(client, layer.Url(proxy));

        second.AssertWhole(layer);
        await proxy.MeasuredAsync(1, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"hit\"");
        Assert.Equal(1, proxy.Region.Counters.LayerGets(layer.Digest));
        Assert.Empty(proxy.Complaints);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatLeavesBeforeTheFirstByte_DoesNotStopTheDownload()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        var hang = proxy.Region.Faults.Hang(RequestKind.GetBlob, times: 1);
        using var raw = await RawClient.ConnectAsync(proxy);

        await raw.AskAsync(RawClient.Get(layer.Path()));
        await hang.ReachedAsync(TestContext.Current.CancellationToken);
        raw.Reset();
        await proxy.LoggedAsync("client left");
        hang.Release();

        await Until.TrueAsync(() => layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RequestsInOnePipeline_AreAnsweredInOrderOnOneConnection()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var layer = TestLayer.Upstream(proxy, 300_000);
        var small = TestLayer.Upstream(proxy, 77, seed: 2);
        using var raw = await RawClient.ConnectAsync(proxy);

        await raw.AskAsync(
            RawClient.Get(layer.Path()),
            RawClient.Get(layer.Path(), "Range: bytes=1000-1999"),
            RawClient.Get(small.Path()),
            RawClient.Get(layer.Path().Replace("sha256:", "sha256:f", StringComparison.Ordinal)),
            RawClient.Get(layer.Path()).Replace("GET", "HEAD", StringComparison.Ordinal),
            RawClient.Get(layer.Path(), "Range: bytes=-5", "Connection: close"));

        Assert.Contains("200 OK", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(layer.Bytes, await raw.ReadAsync(layer.Bytes.Length));
        Assert.Contains("206 Partial", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(layer.Bytes[1000..2000], await raw.ReadAsync(1000));
        Assert.Contains("200 OK", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(small.Bytes, await raw.ReadAsync(small.Bytes.Length));
        var error = await raw.ReadHeadAsync();
        Assert.Contains("400 Bad Request", error, StringComparison.Ordinal);
        await raw.ReadAsync(int.Parse(error.Split("Content-Length: ")[1].Split("\r\n")[0]));
        Assert.Contains("200 OK", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Contains("206 Partial", await raw.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal(layer.Bytes[^5..], await raw.ReadToEndAsync());
    }
}
