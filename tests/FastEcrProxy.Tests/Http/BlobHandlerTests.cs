using System.Net;
using System.Security.Cryptography;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class BlobHandlerTests : IAsyncDisposable
{
    private const int Length = 300_000;

    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(Length);
    private readonly PullProxy _proxy = new();
    private readonly Digest _digest;
    private readonly string _path;

    public BlobHandlerTests()
    {
        _digest = Digest.Of(_bytes);
        _path = $"/v2/app/blobs/{_digest}";
        _proxy.Registry.Blob("app", _bytes);
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task ColdBlob_IsAMissThenAHit()
    {
        var cold = await _proxy.GetAsync(_path);
        var askedCold = _proxy.Registry.Asked();
        await _proxy.StoredAsync(_digest);
        var warm = await _proxy.GetAsync(_path);

        Assert.Equal(_bytes, cold.Sent);
        Assert.Equal(_bytes, warm.Sent);
        Assert.Equal([$"GET {_path}"], askedCold);
        Assert.Empty(_proxy.Registry.Asked());
        Assert.Equal(["kind=blob,status=200,outcome=hit", "kind=blob,status=200,outcome=miss"], _proxy.Counted());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Headers_AreTheSameOnGetAndHeadColdAndWarm(bool warm)
    {
        if (warm)
        {
            await WarmAsync();
        }

        var head = await _proxy.HeadAsync(_path);
        var get = await _proxy.GetAsync(_path);

        Assert.Empty(head.Sent);
        Assert.Equal(Shown(get), Shown(head));
        Assert.Equal(
            [
                "Accept-Ranges: bytes",
                "Cache-Control: max-age=31536000, immutable",
                $"Content-Length: {Length}",
                "Content-Type: application/octet-stream",
                $"Docker-Content-Digest: {_digest}",
                "Docker-Distribution-Api-Version: registry/2.0",
                $"ETag: \"{_digest}\"",
            ],
            Shown(get));
    }

    [Fact]
    public async Task Head_StartsNoDownloadAndLinksTheBlob()
    {
        await _proxy.HeadAsync(_path);

        Assert.Equal([$"HEAD {_path}"], _proxy.Registry.Asked());
        Assert.Equal(["kind=blob,status=200,outcome=passed"], _proxy.Counted());
    }

    [Fact]
    public async Task HeadOfWhatIsOnlyWantedFromTheCache_AsksNobody()
    {
        (string, string) wish = ("Cache-Control", "only-if-cached");
        var cold = await _proxy.HeadAsync(_path, wish);
        Assert.Empty(_proxy.Registry.Asked());
        await WarmAsync();
        _proxy.Registry.Blob("stranger", _bytes);
        _proxy.Registry.Asked();

        var warm = await _proxy.HeadAsync(_path, wish);
        var unlinked = await _proxy.HeadAsync($"/v2/stranger/blobs/{_digest}", wish);
        var plain = await _proxy.HeadAsync(_path);

        Assert.Empty(_proxy.Registry.Asked());
        Assert.Equal([504, 200, 504, 200], new[] { cold, warm, unlinked, plain }.Select(client => client.Context.Response.StatusCode));
        Assert.Equal(["", "fast-ecr-proxy; hit", "", ""], new[] { cold, warm, unlinked, plain }.Select(client => client["Cache-Status"]));
        Assert.Equal(Length, warm.Context.Response.ContentLength);
        Assert.DoesNotContain(_proxy.Log.Lines, static line => line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("bytes=100-199", 100, 100, false)]
    [InlineData("bytes=299999-", 299_999, 1, false)]
    [InlineData("bytes=-10", 299_990, 10, false)]
    [InlineData("bytes=0-", 0, Length, false)]
    [InlineData("bytes=100-199", 100, 100, true)]
    [InlineData("bytes=-10", 299_990, 10, true)]
    public async Task Range_IsA206ColdAndWarm(string range, int offset, int length, bool warm)
    {
        if (warm)
        {
            await WarmAsync();
        }

        var client = await _proxy.GetAsync(_path, ("Range", range));

        Assert.Equal(206, client.Context.Response.StatusCode);
        Assert.Equal($"bytes {offset}-{offset + length - 1}/{Length}", client["Content-Range"]);
        Assert.Equal(_bytes[offset..(offset + length)], client.Sent);
    }

    [Theory]
    [InlineData("bytes=300000-", false)]
    [InlineData("bytes=300000-", true)]
    [InlineData("bytes=5-2", false)]
    [InlineData("bytes=-0", true)]
    public async Task RangePastTheEnd_IsA416WithTheLength(string range, bool warm)
    {
        if (warm)
        {
            await WarmAsync();
        }

        var client = await _proxy.GetAsync(_path, ("Range", range));

        Assert.Equal(416, client.Context.Response.StatusCode);
        Assert.Equal($"bytes */{Length}", client["Content-Range"]);
        Assert.Contains("RANGE_INVALID", client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MalformedRange_IsA400AndNobodyIsAsked()
    {
        var client = await _proxy.GetAsync(_path, ("Range", "bytes=x"));

        Assert.Equal(400, client.Context.Response.StatusCode);
        Assert.Empty(_proxy.Registry.Asked());
    }

    [Theory]
    [InlineData("\"something else\"", 200)]
    [InlineData("Wed, 21 Oct 2026 07:28:00 GMT", 200)]
    [InlineData("ETAG", 206)]
    public async Task IfRange_DecidesWhetherTheRestIsEnough(string ifRange, int status)
    {
        ifRange = ifRange.Replace("ETAG", $"\"{_digest}\"", StringComparison.Ordinal);

        var client = await _proxy.GetAsync(_path, ("Range", "bytes=10-"), ("If-Range", ifRange));

        Assert.Equal(status, client.Context.Response.StatusCode);
    }

    [Fact]
    public async Task OtherRepositoriesBlob_IsAskedForBeforeItIsServed()
    {
        await WarmAsync();
        _proxy.Registry.Asked();

        var stranger = await _proxy.GetAsync($"/v2/stranger/blobs/{_digest}");
        Assert.Equal(404, stranger.Context.Response.StatusCode);
        Assert.Equal([$"HEAD /v2/stranger/blobs/{_digest}"], _proxy.Registry.Asked());

        _proxy.Registry.Blob("friend", _bytes);
        var friend = await _proxy.GetAsync($"/v2/friend/blobs/{_digest}");
        Assert.Equal(_bytes, friend.Sent);
        Assert.Equal([$"HEAD /v2/friend/blobs/{_digest}"], _proxy.Registry.Asked());

        await _proxy.GetAsync($"/v2/friend/blobs/{_digest}");
        Assert.Empty(_proxy.Registry.Asked());
    }

    [Fact]
    public async Task OtherRepositoriesRunningFill_IsJoinedOnlyByWhoHasTheBlob()
    {
        var gate = new TaskCompletionSource();
        _proxy.Registry.Gate = gate.Task;

        var cause = _proxy.GetAsync(_path);
        var stranger = _proxy.GetAsync($"/v2/stranger/blobs/{_digest}");
        gate.SetResult();

        Assert.Equal(_bytes, (await cause).Sent);
        Assert.Equal(404, (await stranger).Context.Response.StatusCode);
    }

    [Fact]
    public async Task ManyClientsOfOneColdBlob_CostOneDownload()
    {
        var gate = new TaskCompletionSource();
        _proxy.Registry.Gate = gate.Task;

        var clients = Enumerable.Range(0, 20).Select(_ => _proxy.GetAsync(_path)).ToList();
        gate.SetResult();

        Assert.All(await Task.WhenAll(clients), client => Assert.Equal(_bytes, client.Sent));
        Assert.Single(_proxy.Registry.Asked(), asked => asked.StartsWith("GET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task UnknownBlob_IsA404()
    {
        var client = await _proxy.GetAsync($"/v2/app/blobs/{Digest.Of([1])}");

        Assert.Equal(404, client.Context.Response.StatusCode);
        Assert.StartsWith("""{"errors":[{"code":"BLOB_UNKNOWN",""", client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatRefuses_IsToldSoAndStoredBlobsAreServed()
    {
        await WarmAsync();
        _proxy.Registry.Refuses = HttpStatusCode.Forbidden;

        var stored = await _proxy.GetAsync(_path);
        var unknown = await _proxy.GetAsync($"/v2/app/blobs/{Digest.Of([1])}");

        Assert.Equal(_bytes, stored.Sent);
        Assert.Equal(403, unknown.Context.Response.StatusCode);
        Assert.Contains("DENIED", unknown.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatIsDown_StopsOnlyWhatIsNotStored()
    {
        await WarmAsync();
        _proxy.Registry.IsDown = true;

        var stored = await _proxy.GetAsync(_path);
        var unlinked = await _proxy.GetAsync($"/v2/friend/blobs/{_digest}");
        var unknown = await _proxy.GetAsync($"/v2/app/blobs/{Digest.Of([1])}");

        Assert.Equal(_bytes, stored.Sent);
        Assert.All([unlinked, unknown], client =>
        {
            Assert.Equal(503, client.Context.Response.StatusCode);
            Assert.Contains("UNAVAILABLE", client.Text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task WrongBytes_NeverArriveWhole()
    {
        var name = Digest.Of([1]);
        _proxy.Registry.Blob("app", name, _bytes);

        var client = await _proxy.GetAsync($"/v2/app/blobs/{name}");

        Assert.True(client.WasAborted || client.Context.Response.StatusCode == 502);
        Assert.True(client.Sent.Length < Length);
    }

    [Fact]
    public async Task BlobLargerThanTheCache_GoesPastIt()
    {
        await using var small = new PullProxy(options => options with { SizeBytes = 1000 });
        small.Registry.Blob("app", _bytes);

        var whole = await small.GetAsync(_path);
        var ranges = await small.GetAsync(_path, ("Range", "bytes=-5,10-19"));

        Assert.Equal(_bytes, whole.Sent);
        Assert.Equal(206, ranges.Context.Response.StatusCode);
        Assert.Equal(ranges.Sent.Length, ranges.Context.Response.ContentLength);
        Assert.True(ranges.Sent.AsSpan().IndexOf(_bytes.AsSpan(10, 10)) > ranges.Sent.AsSpan().IndexOf(_bytes.AsSpan(Length - 5)));
        Assert.Equal(["kind=blob,status=200,outcome=unstored", "kind=blob,status=206,outcome=unstored"], small.Counted());
    }

    private async Task WarmAsync()
    {
        await _proxy.GetAsync(_path);
        await _proxy.StoredAsync(_digest);
    }

    private static string[] Shown(ClientExchange client) =>
        [.. client.Context.Response.Headers.Select(header => $"{header.Key}: {header.Value}").Order(StringComparer.Ordinal)];
}
