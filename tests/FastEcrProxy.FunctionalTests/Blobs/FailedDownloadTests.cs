using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>
/// Downloads that cannot be mended: the client is cut off, never handed a short body or wrong bytes as if they were whole.
/// </summary>
public sealed class FailedDownloadTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(0)]
    [InlineData(2 * MiB)]
    [InlineData((3 * MiB) - 1)]
    public async Task WrongBytes_NeverArriveWholeAndAreReplaced(int offset)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        proxy.Region.Faults.CorruptLayers(offset);
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB, times: 1);

        using var first = await client.GetAsync(layer.Url(proxy));
        pause.Release();
        var (bytes, isWhole) = await Pull.ReadAsync(first);
        await Until.TrueAsync(() => layer.IsStored(proxy)); // fetched once more, by itself
        var second = await Pull.RunAsync(client, layer.Url(proxy));

        Assert.False(isWhole, $"{bytes.Length} bytes ended as if they were whole");
        Assert.InRange(bytes.Length, 0, layer.Bytes.Length - 1);
        second.AssertWhole(layer);
        Assert.Equal(2, proxy.Region.Counters.LayerGets(layer.Digest));
        Assert.Single(proxy.Log.Lines, IsMismatch);
        await proxy.MeasuredAsync(1, "fastecr_digest_mismatches_total");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BytesThatStayWrong_AreNeverStored()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        var corrupt = proxy.Region.Faults.CorruptLayers(MiB, Faults.Always);

        for (var i = 1; i <= 3; i++)
        {
            (await Pull.RunAsync(client, layer.Url(proxy))).AssertNotGiven(layer);
            var seen = 2 * i; // each is fetched once more, by itself
            await Until.TrueAsync(() => proxy.Log.Lines.Count(IsMismatch) == seen);
            Assert.False(layer.IsStored(proxy));
        }

        corrupt.Release();
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        Assert.Equal(6, corrupt.Hits);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UpstreamThatStaysAway_BreaksTheBodyOffAndKeepsWhatCame()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(3 * MiB, times: 1);

        using var answer = await client.GetAsync(layer.Url(proxy));
        await Pull.ReadAsync(answer, 2 * MiB);
        await pause.ReachedAsync(Cancel);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);
        var (rest, isWhole) = await Pull.ReadAsync(answer);
        var meanwhile = await Pull.RunAsync(client, layer.Url(proxy));
        await proxy.Region.Faults.ComeBackAsync(OriginName.Layers, Cancel);
        proxy.Region.Counters.Reset();
        var after = await Pull.RunAsync(client, layer.Url(proxy));

        Assert.False(isWhole, $"{rest.Length} bytes more, and then an end as if that were all");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, meanwhile.Status);
        after.AssertWhole(layer);
        Interrupted.AssertOnlyTheRestWasAsked(proxy, layer, 2 * MiB);
        await proxy.LoggedAsync("broken off");
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(-1000, 2)] // those bytes are not the blob, so they are fetched once more
    [InlineData(1000, 1)]
    public async Task LengthThatIsMisstated_NeverGivesAWholeBody(int difference, int downloads)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        using var wrong = proxy.Region.Faults.MisstateLayerLength(difference);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));
        await proxy.FillsEndedAsync(downloads);
        wrong.Release();
        var after = await Pull.RunAsync(client, layer.Url(proxy));

        Assert.True(pull.Status >= HttpStatusCode.InternalServerError || !pull.IsWhole, $"{pull.Bytes.Length} bytes looked whole");
        after.AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BodyWithoutLength_IsRefusedAndNotStored()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        using var chunked = proxy.Region.Faults.OmitLayerLength();

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertError(HttpStatusCode.BadGateway, "UNKNOWN");
        Assert.Contains("no Content-Length", pull.Text, StringComparison.Ordinal);
        await proxy.FillsEndedAsync(1);
        Assert.Empty(Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "blobs"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "partial")));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(RequestKind.GetBlob)]
    [InlineData(RequestKind.GetLayer)]
    public async Task UpstreamThatHangs_Is503AfterTheTimeOutAndForgottenAfterwards(RequestKind kind)
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(time: clock);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        using var hang = proxy.Region.Faults.Hang(kind);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await hang.ReachedAsync(Cancel);
        Assert.Equal(1, clock.EndWaitsOf(ProxyUnderTest.Patience));
        var pull = await pulling;
        hang.Release();
        var after = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Contains("did not answer within 60 s", pull.Text, StringComparison.Ordinal);
        after.AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UpstreamThatIsAway_Is503()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));
        using var head = await client.SendAsync(HttpMethod.Head, layer.Url(proxy));

        pull.AssertError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, head.StatusCode);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(RequestKind.GetBlob, 500)]
    [InlineData(RequestKind.GetBlob, 503)]
    [InlineData(RequestKind.GetLayer, 500)]
    [InlineData(RequestKind.GetLayer, 503)]
    public async Task ErrorsOfUpstream_AreTemporaryForTheClientToo(RequestKind kind, int status)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        var errors = proxy.Region.Faults.Answer(kind, status, Faults.Always);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));
        errors.Release();
        var after = await Pull.RunAsync(client, layer.Url(proxy));

        Assert.True(pull.Status is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests, pull.Text);
        after.AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task OneErrorOfTheRegistry_IsNotTheClients()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        proxy.Region.Faults.Answer(RequestKind.GetBlob, 503);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
    }

    private static bool IsMismatch(string logLine) => logLine.StartsWith("Error 4030", StringComparison.Ordinal);
}
