using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class FaultsTests : IAsyncLifetime
{
    private const int LayerLength = 3_000_000;

    private readonly EcrAsker _asker = new();
    private LocalEcrServer _server = null!;
    private string _digest = "";

    private LocalRegion Region => _server.Main;

    public async ValueTask InitializeAsync()
    {
        _server = await LocalEcrServer.StartAsync(cancel: EcrAsker.Cancel);
        _digest = Region.Content.PutBlob("demo/x", LayerContent.Generate(LayerLength));
    }

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_000_001)]
    public async Task CleanCut_DeliversExactlyTheBytesBeforeIt_Once(int cut)
    {
        Region.Faults.CutLayers(cut, CutHow.Finish, times: 1);

        var got = await ReadUntilBrokenAsync();
        var again = await _asker.LayerAsync(Region, "demo/x", _digest);

        Assert.Equal(cut, got.Length);
        Assert.Equal(again[..cut], got);
        Assert.Equal(LayerLength, again.Length);
    }

    [Fact]
    public async Task Reset_BreaksTheBody()
    {
        Region.Faults.CutLayers(2_000_000, CutHow.Reset);

        var got = await ReadUntilBrokenAsync();

        Assert.True(got.Length <= 2_000_000);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PausedBody_StandsStillUntilReleased()
    {
        var pause = Region.Faults.PauseLayers(1_000_000, digest: _digest);
        using var response = await _asker.SendAsync(HttpMethod.Get, await _asker.ResolveAsync(Region, "demo/x", _digest));
        await using var body = await response.Content.ReadAsStreamAsync(EcrAsker.Cancel);
        var first = new byte[1_000_000];

        await body.ReadExactlyAsync(first, EcrAsker.Cancel);
        await pause.ReachedAsync(EcrAsker.Cancel);
        var next = body.ReadAsync(new byte[1], EcrAsker.Cancel);

        Assert.False(next.IsCompleted);
        Assert.Equal(1, Region.Counters.OpenLayerTransfers);
        Assert.Equal(1_000_000, Region.Counters.LayerBytes(_digest));
        pause.Release();
        Assert.Equal(1, await next);
    }

    [Fact]
    public async Task CorruptByte_IsOneByteOnce_AndWaitsForABodyThatHasIt()
    {
        Region.Faults.CorruptLayers(offset: 2_999_999);
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);

        using var without = await _asker.SendAsync(HttpMethod.Get, url, range: "bytes=0-9");
        var wrong = await _asker.LayerAsync(Region, "demo/x", _digest);
        var right = await _asker.LayerAsync(Region, "demo/x", _digest);

        Assert.Equal(right[..^1], wrong[..^1]);
        Assert.NotEqual(right[^1], wrong[^1]);
        Assert.Equal(_digest, LayerContent.FromBytes(right).Digest);
    }

    [Fact]
    public async Task OrderedStatus_IsAnsweredForTheNextRequestsOfThatKind()
    {
        Region.Faults.Answer(RequestKind.GetBlob, 429, times: 2, retryAfter: TimeSpan.FromSeconds(7));
        var token = Region.MintToken();
        var statuses = new List<int>();

        for (var i = 0; i < 3; i++)
        {
            using var ping = await _asker.GetAsync(Region, "/v2/", token);
            using var blob = await _asker.GetAsync(Region, $"/v2/demo/x/blobs/{_digest}", token);
            statuses.Add((int)blob.StatusCode);
            Assert.Equal(200, (int)ping.StatusCode);
            Assert.Equal(i < 2 ? TimeSpan.FromSeconds(7) : null, blob.Headers.RetryAfter?.Delta);
        }

        Assert.Equal([429, 429, 307], statuses);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Hang_AnswersNothingUntilReleased()
    {
        var hang = Region.Faults.Hang(RequestKind.Ping);

        var answer = _asker.GetAsync(Region, "/v2/", Region.MintToken());
        await hang.ReachedAsync(EcrAsker.Cancel);

        Assert.False(answer.IsCompleted);
        Assert.Equal(0, Assert.Single(Region.Counters.Log).Status);
        hang.Release();
        using var response = await answer;
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData(OriginName.Registry)]
    [InlineData(OriginName.Layers)]
    [InlineData(OriginName.ControlPlane)]
    public async Task DarkOrigin_RefusesConnections_AndComesBackOnItsPort(OriginName origin)
    {
        var address = origin switch
        {
            OriginName.Registry => Region.Registry,
            OriginName.Layers => Region.Layers,
            _ => Region.ControlPlane,
        };
        using var before = await _asker.SendAsync(HttpMethod.Get, address);

        await Region.Faults.GoDarkAsync(origin);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => _asker.SendAsync(HttpMethod.Get, address));
        await Region.Faults.ComeBackAsync(origin, EcrAsker.Cancel);
        using var after = await _asker.SendAsync(HttpMethod.Get, address);

        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        Assert.Equal(before.StatusCode, after.StatusCode);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task GoingDark_CutsRunningBodies()
    {
        var pause = Region.Faults.PauseLayers(10);
        using var response = await _asker.SendAsync(HttpMethod.Get, await _asker.ResolveAsync(Region, "demo/x", _digest));
        await pause.ReachedAsync(EcrAsker.Cancel);

        await Region.Faults.GoDarkAsync(OriginName.Layers);

        Assert.True((await ReadUntilBrokenAsync(response)).Length <= 10);
    }

    [Fact]
    public async Task LayersWithoutLength_AreChunkedAndWhole()
    {
        Region.Faults.OmitLayerLength();

        using var response = await _asker.SendAsync(HttpMethod.Get, await _asker.ResolveAsync(Region, "demo/x", _digest));

        Assert.Null(response.Content.Headers.ContentLength);
        Assert.Equal(LayerLength, (await response.Content.ReadAsByteArrayAsync(EcrAsker.Cancel)).Length);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(5)]
    public async Task MisstatedLength_IsToldInHeaders(long difference)
    {
        Region.Faults.MisstateLayerLength(difference);
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);

        using var response = await _asker.SendAsync(HttpMethod.Get, url, range: "bytes=10-");
        var body = await ReadUntilBrokenAsync(response);

        Assert.Equal(LayerLength + difference, response.Content.Headers.ContentRange!.Length);
        Assert.Equal(LayerLength - 10 + difference, response.Content.Headers.ContentLength);
        Assert.Equal(LayerLength - 10 + Math.Min(0, difference), body.Length);
    }

    [Fact]
    public async Task ForeignRedirect_LeadsToThatHost()
    {
        Region.Faults.RedirectTo(new Uri("https://evil.example:444/"), times: 1);

        var first = await _asker.ResolveAsync(Region, "demo/x", _digest);
        var second = await _asker.ResolveAsync(Region, "demo/x", _digest);

        Assert.Equal("evil.example:444", first.Authority);
        Assert.Equal(Region.Layers.Authority, second.Authority);
    }

    [Fact]
    public async Task LimitedRate_TakesItsTime()
    {
        Region.Faults.LimitLayers(bytesPerSecond: 10_000_000);
        var start = TimeProvider.System.GetTimestamp();

        var body = await _asker.LayerAsync(Region, "demo/x", _digest);

        Assert.Equal(LayerLength, body.Length);
        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(200));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SimultaneousTransfers_AreCounted()
    {
        var pause = Region.Faults.PauseLayers(0);
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);
        var transfers = Enumerable.Range(0, 5).Select(_ => ReadAllAsync(url)).ToList();
        await Region.Counters.WaitForAsync(RequestKind.GetLayer, 5, EcrAsker.Cancel);
        await pause.ReachedAsync(5, EcrAsker.Cancel);

        pause.Release();
        await Task.WhenAll(transfers);

        var counted = Region.Counters.Snapshot();
        Assert.Equal(5, counted.MaxOpenLayerTransfers);
        Assert.Equal(5, counted.Requests[RequestKind.GetLayer]);
        Assert.Equal(5L * LayerLength, counted.LayerBytes[_digest]);
        Region.Counters.Reset();
        Assert.Equal(0, Region.Counters.Requests());
    }

    [Fact]
    public async Task Certificate_PutsRegistryAndLayersOnTls()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var options = new LocalEcrOptions { Certificate = certificate };
        await using var server = await LocalEcrServer.StartAsync(options, EcrAsker.Cancel);
        var digest = server.Main.Content.PutBlob("demo/x", new byte[100]);

        var body = await _asker.LayerAsync(server.Main, "demo/x", digest);

        Assert.Equal(100, body.Length);
        Assert.Equal(("https", "https"), (server.Main.Registry.Scheme, server.Main.Layers.Scheme));
    }

    private async Task<byte[]> ReadAllAsync(Uri url)
    {
        using var response = await _asker.SendAsync(HttpMethod.Get, url);
        return await response.Content.ReadAsByteArrayAsync(EcrAsker.Cancel);
    }

    private async Task<byte[]> ReadUntilBrokenAsync()
    {
        using var response = await _asker.SendAsync(HttpMethod.Get, await _asker.ResolveAsync(Region, "demo/x", _digest));
        Assert.Equal(LayerLength, response.Content.Headers.ContentLength);
        var got = await ReadUntilBrokenAsync(response);
        Assert.True(got.Length < LayerLength);
        return got;
    }

    private static async Task<byte[]> ReadUntilBrokenAsync(HttpResponseMessage response)
    {
        await using var body = await response.Content.ReadAsStreamAsync(EcrAsker.Cancel);
        using var got = new MemoryStream();
        try
        {
            await body.CopyToAsync(got, EcrAsker.Cancel);
        }
        catch (IOException)
        {
            // Cut as ordered: what arrived before counts.
        }

        return got.ToArray();
    }
}
