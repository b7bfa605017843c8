using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class RegistryUploadsTests : IAsyncLifetime
{
    private const string Repository = "demo/pushed";

    private readonly EcrAsker _asker = new();
    private LocalEcrServer _server = null!;
    private Pusher _pusher = null!;

    private LocalRegion Region => _server.Main;

    public async ValueTask InitializeAsync()
    {
        var options = new LocalEcrOptions { Regions = [new("eu-west-1"), new("us-east-1") { Manners = RegistryManners.Spec }] };
        _server = await LocalEcrServer.StartAsync(options, EcrAsker.Cancel);
        _pusher = new Pusher(Region);
        Region.Content.CreateRepository(Repository);
    }

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        _pusher.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task BlobPushedByPostAndPut_CanBePulled()
    {
        var bytes = Bytes(300_000);

        using var started = await _pusher.SendAsync(HttpMethod.Post, $"/v2/{Repository}/blobs/uploads/");
        var location = started.Headers.Location!;
        using var finished = await _pusher.FinishAsync(location.OriginalString, Pusher.DigestOf(bytes), bytes);

        var id = Pusher.Header(started, "Docker-Upload-UUID");
        Assert.Equal($"{Region.Registry}v2/{Repository}/blobs/uploads/{id}", location.OriginalString);
        Assert.Equal("0-0", Pusher.Header(started, "Range"));
        Assert.Equal((202, 0), ((int)started.StatusCode, started.Content.Headers.ContentLength));
        Assert.Equal(201, (int)finished.StatusCode);
        Assert.Equal(Pusher.DigestOf(bytes), Pusher.Header(finished, "Docker-Content-Digest"));
        Assert.Equal($"{Region.Registry}v2/{Repository}/blobs/{Pusher.DigestOf(bytes)}", finished.Headers.Location!.OriginalString);
        Assert.Equal(bytes, await _asker.LayerAsync(Region, Repository, Pusher.DigestOf(bytes)));
        Assert.Equal(300_000, Region.Counters.UploadBytes);
    }

    [Theory]
    [InlineData("eu-west-1", 201, "0-999", "0-999")]
    [InlineData("us-east-1", 202, "0-999", "0-2499")]
    public async Task Parts_AreAcknowledgedAsTheRegistryDoesIt(string region, int status, string first, string second)
    {
        _server[region].Content.CreateRepository(Repository);
        using var pusher = new Pusher(_server[region]);
        var bytes = Bytes(2500);
        var location = await pusher.StartAsync(Repository);

        using var one = await pusher.PatchAsync(location, bytes[..1000], first: 0);
        using var two = await pusher.PatchAsync(location, bytes[1000..], first: 1000);
        using var state = await pusher.SendAsync(HttpMethod.Get, location);
        using var finished = await pusher.FinishAsync(location, Pusher.DigestOf(bytes));

        Assert.Equal((status, status), ((int)one.StatusCode, (int)two.StatusCode));
        Assert.Equal((first, second), (Pusher.Header(one, "Range"), Pusher.Header(two, "Range")));
        Assert.Equal((204, second), ((int)state.StatusCode, Pusher.Header(state, "Range")));
        Assert.Equal(location.Split("?")[0], two.Headers.Location!.OriginalString.Split("?")[0]);
        Assert.Equal(region == "eu-west-1", location.StartsWith("http://", StringComparison.Ordinal));
        Assert.Equal(201, (int)finished.StatusCode);
        Assert.Equal(bytes, await _asker.LayerAsync(_server[region], Repository, Pusher.DigestOf(bytes)));
    }

    [Fact]
    public async Task PartWithoutLengthAndRange_IsAppended_AndTheLastPartMayComeWithThePut()
    {
        var bytes = Bytes(900_000);
        var location = await _pusher.StartAsync(Repository);

        using var part = await _pusher.SendAsync(HttpMethod.Patch, location, new Unmeasured(bytes[..600_000]));
        using var finished = await _pusher.SendAsync(
            HttpMethod.Put,
            $"{location}?digest={Pusher.DigestOf(bytes)}",
            new ByteArrayContent(bytes[600_000..]),
            "600000-899999");

        Assert.Equal((201, "0-599999"), ((int)part.StatusCode, Pusher.Header(part, "Range")));
        Assert.Equal(201, (int)finished.StatusCode);
        Assert.Equal(bytes, await _asker.LayerAsync(Region, Repository, Pusher.DigestOf(bytes)));
    }

    [Theory]
    [InlineData("0-499")]
    [InlineData("1001-1500")]
    [InlineData("499-0")]
    [InlineData("all of it")]
    public async Task PartThatBelongsElsewhere_IsRefused_AndChangesNothing(string range)
    {
        var bytes = Bytes(1500);
        var location = await _pusher.StartAsync(Repository);
        using var first = await _pusher.PatchAsync(location, bytes[..1000], first: 0);

        using var refused = await _pusher.SendAsync(HttpMethod.Patch, location, new ByteArrayContent(new byte[500]), range);
        using var finished = await _pusher.FinishAsync(location, Pusher.DigestOf(bytes), bytes[1000..]);

        Assert.Equal((416, "BLOB_UPLOAD_INVALID"), await Pusher.ErrorAsync(refused));
        Assert.Equal(201, (int)finished.StatusCode);
    }

    [Fact]
    public async Task WrongDigest_IsRefused_AndEndsTheUpload()
    {
        var location = await _pusher.StartAsync(Repository);

        using var wrong = await _pusher.FinishAsync(location, Pusher.DigestOf([]), [1, 2, 3]);
        using var gone = await _pusher.FinishAsync(location, Pusher.DigestOf([1, 2, 3]), [1, 2, 3]);

        Assert.Equal((400, "BLOB_UPLOAD_INVALID"), await Pusher.ErrorAsync(wrong));
        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(gone));
    }

    [Fact]
    public async Task WholeBlobInThePost_IsThereAtOnce()
    {
        var bytes = Bytes(5000);

        using var whole = await _pusher.SendAsync(
            HttpMethod.Post, $"/v2/{Repository}/blobs/uploads/?digest={Pusher.DigestOf(bytes)}", new ByteArrayContent(bytes));

        Assert.Equal(201, (int)whole.StatusCode);
        Assert.Equal(bytes, await _asker.LayerAsync(Region, Repository, Pusher.DigestOf(bytes)));
        Assert.Equal(1, Region.Counters.Requests(RequestKind.UploadWhole));
    }

    [Fact]
    public async Task Mount_BeginsAnUpload_UntilTheAccountAllowsMounts()
    {
        var digest = Region.Content.PutBlob("demo/source", Bytes(100));
        var address = $"/v2/{Repository}/blobs/uploads/?mount={digest}&from=demo/source";

        using var notAllowed = await _pusher.SendAsync(HttpMethod.Post, address);
        Region.BlobMounting = true;
        using var mounted = await _pusher.SendAsync(HttpMethod.Post, address);
        using var unknown = await _pusher.SendAsync(
            HttpMethod.Post, address.Replace("demo/source", "demo/other", StringComparison.Ordinal));
        using var head = await _pusher.SendAsync(HttpMethod.Head, $"/v2/{Repository}/blobs/{digest}");

        Assert.Equal((202, 201, 202), ((int)notAllowed.StatusCode, (int)mounted.StatusCode, (int)unknown.StatusCode));
        Assert.Equal(digest, Pusher.Header(mounted, "Docker-Content-Digest"));
        Assert.Equal((200, 100), ((int)head.StatusCode, head.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task CancelledUpload_IsUnknown_AsIsOneOfAnotherRepository()
    {
        Region.Content.CreateRepository("demo/other");
        var location = await _pusher.StartAsync(Repository);

        using var elsewhere = await _pusher.PatchAsync(location.Replace(Repository, "demo/other", StringComparison.Ordinal), [1]);
        using var cancelled = await _pusher.SendAsync(HttpMethod.Delete, location);
        using var gone = await _pusher.SendAsync(HttpMethod.Get, location);

        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(elsewhere));
        Assert.Equal(204, (int)cancelled.StatusCode);
        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(gone));
    }

    [Fact]
    public async Task UnknownRepository_IsNotCreatedByAPush()
    {
        using var response = await _pusher.SendAsync(HttpMethod.Post, "/v2/demo/none/blobs/uploads/");

        Assert.Equal((404, "NAME_UNKNOWN"), await Pusher.ErrorAsync(response));
        Assert.Contains(
            "The repository with name 'demo/none' does not exist in the registry with id '123456789012'",
            await response.Content.ReadAsStringAsync(EcrAsker.Cancel),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("eu-west-1", 405, 200)]
    [InlineData("us-east-1", 202, 404)]
    public async Task BlobIsDeleted_WhereTheRegistryDoesThat(string region, int deleted, int afterwards)
    {
        var digest = _server[region].Content.PutBlob(Repository, Bytes(10));
        using var pusher = new Pusher(_server[region]);

        using var delete = await pusher.SendAsync(HttpMethod.Delete, $"/v2/{Repository}/blobs/{digest}");
        using var head = await pusher.SendAsync(HttpMethod.Head, $"/v2/{Repository}/blobs/{digest}");

        Assert.Equal((deleted, afterwards), ((int)delete.StatusCode, (int)head.StatusCode));
    }

    [Fact]
    public async Task BlobLargerThanWhatIsKept_IsVerifiedAndThere_AndCannotBePulled()
    {
        var options = new LocalEcrOptions { UploadKeptBytesMax = 1000 };
        await using var server = await LocalEcrServer.StartAsync(options, EcrAsker.Cancel);
        server.Main.Content.CreateRepository(Repository);
        using var pusher = new Pusher(server.Main);
        var small = await pusher.PushBlobAsync(Repository, Bytes(1000));
        var large = await pusher.PushBlobAsync(Repository, Bytes(1001));

        using var head = await pusher.SendAsync(HttpMethod.Head, $"/v2/{Repository}/blobs/{large}");
        using var layer = await _asker.SendAsync(HttpMethod.Get, await _asker.ResolveAsync(server.Main, Repository, large));

        Assert.Equal((200, 1001), ((int)head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal(404, (int)layer.StatusCode);
        Assert.Equal(1000, (await _asker.LayerAsync(server.Main, Repository, small)).Length);
    }

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A body that goes out chunked.</summary>
    private sealed class Unmeasured(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            stream.WriteAsync(bytes, EcrAsker.Cancel).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
