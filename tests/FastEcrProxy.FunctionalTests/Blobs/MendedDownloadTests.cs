using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Downloads that break and are mended by asking for the rest; no client notices.</summary>
public sealed class MendedDownloadTests
{
    private const int MiB = 1 << 20;

    public static TheoryData<int, CutHow> Cuts
    {
        get
        {
            TheoryData<int, CutHow> data = [];
            foreach (var how in Enum.GetValues<CutHow>())
            {
                foreach (var after in (int[])[0, 1, (256 << 10) + 1, 3 * MiB, (6 * MiB) - 1])
                {
                    data.Add(after, how);
                }
            }

            return data;
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Cuts))]
    public async Task BodyThatIsCut_IsGoneOnWithAtTheNextByte(int afterBytes, CutHow how)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        proxy.Region.Faults.CutLayers(afterBytes, how);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));
        var asked = proxy.Region.Counters.Log.Where(static entry => entry.Origin == OriginName.Layers).ToList();
        Assert.Equal(2, asked.Count);
        if (how is CutHow.Finish) // a reset may take bytes with it, and the answer's head as well
        {
            Assert.Equal(afterBytes == 0 ? null : $"bytes={afterBytes}-", asked[1].Range);
            Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetBlob)); // the address is still good
            await proxy.MeasuredAsync(1, "fastecr_upstream_resumes_total");
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BodyThatIsCutAgainAndAgain_ArrivesAsLongAsSomethingComes()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        proxy.Region.Faults.CutLayers(500_000, times: 12);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BodyThatFallsSilent_IsGoneOnWithOnANewConnection()
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(time: clock);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        using var silence = proxy.Region.Faults.PauseLayers(MiB, times: 1);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await proxy.MeasuredAsync(MiB, "fastecr_upstream_received_bytes_total");
        await Until.TrueAsync(() => clock.EndWaitsOf(ProxyUnderTest.Patience) == 1); // it waits for the next byte now

        (await pulling).AssertWhole(layer);
        await proxy.MeasuredAsync(1, "fastecr_upstream_resumes_total");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ResumeThatHangs_IsTriedAgain()
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(time: clock);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        proxy.Region.Faults.CutLayers(MiB);
        using var hang = proxy.Region.Faults.Hang(RequestKind.GetLayerRange, times: 1);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await hang.ReachedAsync(Cancel);
        Assert.Equal(1, clock.EndWaitsOf(ProxyUnderTest.Patience));

        (await pulling).AssertWhole(layer);
        Assert.Equal(1, hang.Hits);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task AddressThatExpiresInTheMiddle_IsAskedForAnew()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        proxy.Region.Faults.CutLayers(3 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB, times: 1);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await pause.ReachedAsync(Cancel);
        proxy.Region.Faults.RevokeLayerUrls();
        pause.Release();

        (await pulling).AssertWhole(layer);
        Assert.Equal(2, proxy.Region.Counters.Requests(RequestKind.GetBlob));
        Assert.Equal(3, proxy.Region.Counters.LayerGets(layer.Digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenThatExpiresInTheMiddle_IsRenewedOnce()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        proxy.Region.Faults.CutLayers(3 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB, times: 1);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await pause.ReachedAsync(Cancel);
        proxy.Region.Faults.RevokeLayerUrls();
        proxy.Region.Faults.ExpireAllTokens();
        pause.Release();

        (await pulling).AssertWhole(layer);
        Assert.Equal(2, proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task ErrorsOfTheLayerStoreInTheMiddle_AreOutwaited(int status)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        proxy.Region.Faults.CutLayers(MiB);
        var errors = proxy.Region.Faults.Answer(RequestKind.GetLayerRange, status, times: 3);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        Assert.Equal(3, errors.Hits);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UpstreamThatIsAwayForAMoment_IsOutwaited()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(3 * MiB, times: 1);

        using var answer = await client.GetAsync(layer.Url(proxy));
        var begun = await Pull.ReadAsync(answer, 2 * MiB);
        await pause.ReachedAsync(Cancel);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);
        await proxy.LoggedAsync("refuses connections");
        await proxy.Region.Faults.ComeBackAsync(OriginName.Layers, Cancel);
        var (rest, isWhole) = await Pull.ReadAsync(answer);

        Assert.True(isWhole, $"broken off after {begun.Length + rest.Length} bytes");
        Assert.True(layer.Bytes.AsSpan().SequenceEqual([.. begun, .. rest]));
        await proxy.MeasuredAsync(1, "fastecr_upstream_resumes_total");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SlowBody_ArrivesWholeAndAsItComes()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, MiB);
        proxy.Region.Faults.LimitLayers(bytesPerSecond: 2 * MiB);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
    }
}
