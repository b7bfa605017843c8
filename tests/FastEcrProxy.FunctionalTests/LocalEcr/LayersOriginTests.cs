using FastEcrProxy.LocalEcr;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class LayersOriginTests : IAsyncLifetime
{
    private static readonly byte[] Layer = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly EcrAsker _asker = new();
    private LocalEcrServer _server = null!;
    private string _digest = "";

    private LocalRegion Region => _server.Main;

    public async ValueTask InitializeAsync()
    {
        _server = await LocalEcrServer.StartAsync(new LocalEcrOptions { Clock = _clock }, EcrAsker.Cancel);
        _digest = Region.Content.PutBlob("demo/x", Layer);
    }

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task SignedUrl_ServesTheBytes_AndIsCounted()
    {
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);

        using var response = await _asker.SendAsync(HttpMethod.Get, url);

        Assert.Equal(Region.Layers.Authority, url.Authority);
        Assert.Equal(Layer, await response.Content.ReadAsByteArrayAsync(EcrAsker.Cancel));
        Assert.Equal(1000, response.Content.Headers.ContentLength);
        Assert.Equal("binary/octet-stream", response.Content.Headers.ContentType!.ToString());
        Assert.DoesNotContain(_digest[7..], response.Headers.ETag!.Tag, StringComparison.Ordinal);
        Assert.Equal((1, 1000), (Region.Counters.LayerGets(_digest), Region.Counters.LayerBytes(_digest)));
    }

    [Fact]
    public async Task LayersElsewhere_AreWhereTheRedirectLeads_UnderTheSamePath()
    {
        var elsewhere = new Uri("https://layers.example:8443");
        var region = new LocalRegionOptions("eu-west-1") { LayersElsewhere = elsewhere };
        await using var server = await LocalEcrServer.StartAsync(new LocalEcrOptions { Regions = [region] }, EcrAsker.Cancel);
        server.Main.Content.PutBlob("demo/x", Layer);

        var url = await _asker.ResolveAsync(server.Main, "demo/x", _digest);

        Assert.Equal(elsewhere, server.Main.Layers);
        Assert.Equal(elsewhere.GetLeftPart(UriPartial.Authority), url.GetLeftPart(UriPartial.Authority));
        Assert.Equal(server.Main.Content.ObjectPath(_digest), url.AbsolutePath);
        Assert.Equal((await _asker.ResolveAsync(Region, "demo/x", _digest)).AbsolutePath, url.AbsolutePath);
    }

    [Theory]
    [InlineData("bytes=0-0", 206, "bytes 0-0/1000", 1)]
    [InlineData("bytes=500-", 206, "bytes 500-999/1000", 500)]
    [InlineData("bytes=-10", 206, "bytes 990-999/1000", 10)]
    [InlineData("bytes=990-2000", 206, "bytes 990-999/1000", 10)]
    [InlineData("bytes=-2000", 206, "bytes 0-999/1000", 1000)]
    [InlineData("bytes=0-1,5-6", 200, null, 1000)]
    [InlineData("bytes=7-3", 200, null, 1000)]
    [InlineData("bytes=1000-", 416, "bytes */1000", null)]
    [InlineData("bytes=-0", 416, "bytes */1000", null)]
    public async Task Range_IsAnsweredAsS3Would(string range, int status, string? contentRange, int? length)
    {
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);

        using var response = await _asker.SendAsync(HttpMethod.Get, url, range: range);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(contentRange, response.Content.Headers.ContentRange?.ToString());
        if (length is not null)
        {
            var first = (int)(response.Content.Headers.ContentRange?.From ?? 0);
            var body = await response.Content.ReadAsByteArrayAsync(EcrAsker.Cancel);
            Assert.Equal(Layer[first..(first + length.Value)], body);
        }
    }

    [Fact]
    public async Task AuthorizationHeader_IsRefusedAndSeen()
    {
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);
        var token = Region.MintToken();

        using var response = await _asker.SendAsync(HttpMethod.Get, url, token);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains("Only one auth mechanism allowed", await BodyAsync(response), StringComparison.Ordinal);
        Assert.Equal(token.Id, Region.Counters.Log.Single(entry => entry.Origin == OriginName.Layers).TokenId);
    }

    [Fact]
    public async Task AnotherMethodThanTheSignedOne_IsRefused()
    {
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);

        using var response = await _asker.SendAsync(HttpMethod.Head, url);

        Assert.Equal(403, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("Expires=3600", "Expires=9600")]
    [InlineData("Signature=", "Signature=0")]
    public async Task AlteredUrl_IsRefused(string text, string instead)
    {
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);
        var altered = new Uri(url.AbsoluteUri.Replace(text, instead, StringComparison.Ordinal));

        using var response = await _asker.SendAsync(HttpMethod.Get, altered);

        Assert.Equal(403, (int)response.StatusCode);
        Assert.Contains("SignatureDoesNotMatch", await BodyAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task UrlPastItsHour_HasExpired()
    {
        var url = await _asker.ResolveAsync(Region, "demo/x", _digest);
        _clock.Advance(TimeSpan.FromHours(1));

        using var response = await _asker.SendAsync(HttpMethod.Get, url);

        Assert.Equal(403, (int)response.StatusCode);
        Assert.Contains("<Message>Request has expired</Message>", await BodyAsync(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RevokedUrl_HasExpired_AndANewOneIsGood()
    {
        var old = await _asker.ResolveAsync(Region, "demo/x", _digest);
        Region.Faults.RevokeLayerUrls();

        using var refused = await _asker.SendAsync(HttpMethod.Get, old);

        Assert.Equal(403, (int)refused.StatusCode);
        Assert.Equal(Layer, await _asker.LayerAsync(Region, "demo/x", _digest));
    }

    [Fact]
    public async Task GeneratedLayer_HasItsDigest_AndTheSameBytesAtEveryOffset()
    {
        var content = LayerContent.Generate(1_000_003, seed: 7);
        var digest = Region.Content.PutBlob("demo/x", content);

        var whole = await _asker.LayerAsync(Region, "demo/x", digest);
        using var part = await _asker.SendAsync(
            HttpMethod.Get, await _asker.ResolveAsync(Region, "demo/x", digest), range: "bytes=65531-196613");

        Assert.Equal(digest, LayerContent.FromBytes(whole).Digest);
        Assert.Equal(whole[65531..196614], await part.Content.ReadAsByteArrayAsync(EcrAsker.Cancel));
        Assert.NotEqual(whole[..65536], whole[65536..131072]);
        Assert.Equal(digest, LayerContent.Generate(1_000_003, seed: 7).Digest);
        Assert.NotEqual(digest, LayerContent.Generate(1_000_003, seed: 8).Digest);
    }

    [Fact]
    public async Task LayerFromAFile_IsServedAsItIs()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, Layer, EcrAsker.Cancel);
        var digest = Region.Content.PutBlob("demo/y", LayerContent.FromFile(file));

        var served = await _asker.LayerAsync(Region, "demo/y", digest);

        Assert.Equal(_digest, digest);
        Assert.Equal(Layer, served);
        File.Delete(file);
    }

    private static Task<string> BodyAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(EcrAsker.Cancel);
}
