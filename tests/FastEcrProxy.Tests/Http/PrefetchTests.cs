using System.Net;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class PrefetchTests : IAsyncDisposable
{
    private const int Places = 2;
    private const string ByTag = "/v2/app/manifests/v1";

    private readonly PullProxy _proxy = Proxy(Places);

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task ManifestThatIsSent_BringsConfigAndLayers()
    {
        await using var proxy = Proxy(places: 8);
        var blobs = Image(proxy, "v1", 4);

        await proxy.GetAsync(ByTag);
        await StoredAsync(proxy, blobs);
        var asked = proxy.Registry.Asked();
        proxy.Registry.IsDown = true;
        var pulled = await Task.WhenAll(blobs.Select(blob => proxy.GetAsync(PathOf(blob))));

        Assert.Equal([.. Ahead(blobs), $"GET {ByTag}"], asked.Order(StringComparer.Ordinal));
        Assert.Equal(blobs, pulled.Select(client => Digest.Of(client.Sent)));
        Assert.Equal("started 4, used 4, wasted 0, failed 0", proxy.Prefetched());
    }

    [Fact]
    public async Task OnlyPlace_IsTakenByOneAfterTheOtherInTheManifestsOrder()
    {
        await using var proxy = Proxy(places: 1);
        var blobs = Image(proxy, "v1", 4);

        await proxy.GetAsync(ByTag);
        foreach (var blob in blobs)
        {
            await proxy.StoredAsync(blob);
            await proxy.GetAsync(PathOf(blob));
        }

        Assert.Equal([$"GET {ByTag}", .. blobs.Select(blob => $"GET {PathOf(blob)}")], proxy.Registry.Asked());
    }

    [Fact]
    public async Task ClientsOwnRequest_JoinsTheDownload()
    {
        var blobs = Image(_proxy, "v1", 1);
        var gate = new TaskCompletionSource();
        _proxy.Registry.BlobGate = gate.Task;
        await _proxy.GetAsync(ByTag);
        await StartedAsync(_proxy, 1);
        _proxy.Counted();

        var client = _proxy.GetAsync(PathOf(blobs[0]));
        gate.SetResult();

        Assert.Equal(blobs[0], Digest.Of((await client).Sent));
        Assert.Contains("kind=blob,status=200,outcome=joined", _proxy.Counted());
        Assert.Equal([$"GET {ByTag}", $"GET {PathOf(blobs[0])}"], _proxy.Registry.Asked());
    }

    [Fact]
    public async Task OfOneImage_NoMoreAreAheadThanThereArePlaces()
    {
        var blobs = Image(_proxy, "v1", 5);

        await _proxy.GetAsync(ByTag);
        await StoredAsync(_proxy, blobs[..Places]);
        await BarrierAsync();
        Assert.Equal(Ahead(blobs[..Places]), AskedBlobs());

        await _proxy.GetAsync(PathOf(blobs[0]));
        await StoredAsync(_proxy, blobs[Places..(Places + 1)]);
        await BarrierAsync();
        Assert.Equal(Ahead(blobs[Places..(Places + 1)]), AskedBlobs());
    }

    [Fact]
    public async Task OfAllImages_NoMoreAreFetchedAtATimeThanThereArePlaces()
    {
        var images = Enumerable.Range(0, 10).Select(n => Image(_proxy, $"v{n}", 3, seed: n * 100)).ToList();
        var gate = new TaskCompletionSource();
        _proxy.Registry.BlobGate = gate.Task;

        await Task.WhenAll(Enumerable.Range(0, images.Count).Select(n => _proxy.GetAsync($"/v2/app/manifests/v{n}")));
        await PullProxy.UntilAsync(() => _proxy.Registry.AskedCount == images.Count + Places); // the manifests, and what is ahead
        await _proxy.HeadAsync("/v2/app/tags/list"); // whatever else was to be started has had its chance
        Assert.Equal(Places, AskedBlobs().Length);

        gate.SetResult();
        await StartedAsync(_proxy, images.Count * Places); // the window of each
        await Task.WhenAll(images.SelectMany(blobs => blobs[..Places]).Select(_proxy.StoredAsync));
    }

    [Fact]
    public async Task ManyClientsOfOneManifest_StartNothingTwice()
    {
        var blobs = Image(_proxy, "v1", Places);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => _proxy.GetAsync(ByTag)));
        await StoredAsync(_proxy, blobs);
        await BarrierAsync();

        Assert.Equal(Ahead(blobs), AskedBlobs());
    }

    [Fact]
    public async Task ManifestAskedForAgain_GoesNoFurtherThanBefore()
    {
        var blobs = Image(_proxy, "v1", 6);
        await _proxy.GetAsync(ByTag);
        await StoredAsync(_proxy, blobs[..Places]);

        for (var looks = 0; looks < 5; looks++)
        {
            _proxy.Time.Advance(TimeSpan.FromSeconds(30));
            await _proxy.GetAsync(ByTag);
        }

        await BarrierAsync();
        Assert.Equal(Ahead(blobs[..Places]), AskedBlobs());
    }

    [Fact]
    public async Task LayersThatAreThere_AreNotFetchedAgain()
    {
        var blobs = Image(_proxy, "v1", 3);
        await _proxy.GetAsync(PathOf(blobs[0]));
        await _proxy.GetAsync(PathOf(blobs[1]));
        await StoredAsync(_proxy, blobs[..2]);
        _proxy.Registry.Asked();

        await _proxy.GetAsync(ByTag);
        await _proxy.StoredAsync(blobs[2]);

        Assert.Equal(Ahead(blobs[2]), AskedBlobs());
    }

    [Fact]
    public async Task HeadIndexAndSwitch_BringNothing()
    {
        await using var off = Proxy(places: 0);
        Image(off, "v1", 2);
        Image(_proxy, "v1", 2);
        var index = Digest.Of("index"u8);
        _proxy.Registry.Manifest("app", "index", $$"""{"manifests":[{"digest":"{{index}}","size":7}]}""");

        await off.GetAsync(ByTag);
        await _proxy.HeadAsync(ByTag);
        await _proxy.GetAsync("/v2/app/manifests/index");
        await BarrierAsync();

        Assert.Empty(AskedBlobs());
        Assert.Equal([$"GET {ByTag}"], off.Registry.Asked());
        Assert.Equal("started 0, used 0, wasted 0, failed 0", off.Prefetched());
    }

    [Fact]
    public async Task NothingThatIsReadAhead_IsNothingFetchedAhead()
    {
        await using var proxy = new PullProxy(options => options with { Prefetch = Places, ReadAheadBytes = 0 });
        Image(proxy, "v1", 2);

        await proxy.GetAsync(ByTag);

        Assert.Equal("started 0, used 0, wasted 0, failed 0", proxy.Prefetched());
    }

    [Fact]
    public async Task LayersThatMayBeElsewhereOrAreTooLarge_AreLeftOut()
    {
        await using var proxy = new PullProxy(options => options with { Prefetch = Places, SizeBytes = 1 << 20 });
        byte[] layer = [1, 2, 3];
        proxy.Registry.Blob("app", layer);
        proxy.Registry.Manifest("app", "v1", $$"""
            {"config":{"digest":"{{Digests.Sha256A}}","size":{{(1 << 20) + 1}}},
             "layers":[{"digest":"{{Digests.Sha256B}}","urls":["https://example.com/x"]},{"digest":"{{Digest.Of(layer)}}","size":3}]}
            """);

        await proxy.GetAsync(ByTag);
        await proxy.StoredAsync(Digest.Of(layer));

        Assert.Equal([$"GET {ByTag}", $"GET {PathOf(Digest.Of(layer))}"], proxy.Registry.Asked());
    }

    [Fact]
    public async Task LayerThatCannotBeHad_IsCountedAndNotTriedAgainUntilAClientAsks()
    {
        var blobs = Image(_proxy, "v1", 1);
        _proxy.Registry.Forget(PathOf(blobs[0]));
        await _proxy.GetAsync(ByTag);
        await PullProxy.UntilAsync(() => _proxy.Prefetched() == "started 1, used 0, wasted 0, failed 1");

        _proxy.Time.Advance(TimeSpan.FromMinutes(1));
        await _proxy.GetAsync(ByTag);
        await BarrierAsync();
        Assert.Equal(Ahead(blobs), AskedBlobs());

        var client = await _proxy.GetAsync(PathOf(blobs[0]));
        Assert.Equal(404, client.Context.Response.StatusCode);
        _proxy.Time.Advance(TimeSpan.FromMinutes(1));
        await _proxy.GetAsync(ByTag);
        await StartedAsync(_proxy, 3); // this one, the barrier's, and this one again
    }

    [Fact]
    public async Task LayerThatNobodyAskedForInAnHour_IsWasted()
    {
        var blobs = Image(_proxy, "v1", 2);
        await _proxy.GetAsync(ByTag);
        await StoredAsync(_proxy, blobs);
        await _proxy.GetAsync(PathOf(blobs[0]));

        _proxy.Time.Advance(TimeSpan.FromMinutes(61));

        Assert.Equal("started 2, used 1, wasted 1, failed 0", _proxy.Prefetched());
    }

    [Fact]
    public async Task ManifestThatIsStale_BringsNothing()
    {
        var blobs = Image(_proxy, "v1", 1);
        var client = await _proxy.GetAsync("/v2/app/tags/list");
        var json = System.Text.Encoding.UTF8.GetBytes($$"""{"config":{"digest":"{{blobs[0]}}"} }""");
        var manifest = new StoredManifest(Digest.Of(json), RegistryStub.ManifestType, json);
        _proxy.Registry.Asked();

        _proxy.Prefetch.Sent(client.Context, _proxy.To("app"), manifest, CacheOutcome.Stale);
        await BarrierAsync();
        Assert.Empty(AskedBlobs());

        _proxy.Prefetch.Sent(client.Context, _proxy.To("app"), manifest, CacheOutcome.Hit);
        await _proxy.StoredAsync(blobs[0]);
        Assert.Equal(Ahead(blobs), AskedBlobs());
    }

    [Fact]
    public async Task ClientThatFetchesFromTheLayerStore_BringsNothing()
    {
        var blobs = Image(_proxy, "v1", 1);
        var client = await _proxy.GetAsync("/v2/app/tags/list");
        var json = System.Text.Encoding.UTF8.GetBytes($$"""{"config":{"digest":"{{blobs[0]}}"} }""");
        var manifest = new StoredManifest(Digest.Of(json), RegistryStub.ManifestType, json);
        var to = _proxy.To("app");
        to = to with { Rule = to.Rule with { RedirectClients = [IPNetwork.Parse("10.0.0.0/8")] } };
        _proxy.Registry.Asked();

        client.Context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:10.1.2.3");
        _proxy.Prefetch.Sent(client.Context, to, manifest, CacheOutcome.Hit);
        await BarrierAsync();
        Assert.Empty(AskedBlobs());

        client.Context.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:192.168.2.3");
        _proxy.Prefetch.Sent(client.Context, to, manifest, CacheOutcome.Hit);
        await _proxy.StoredAsync(blobs[0]);
        Assert.Equal(Ahead(blobs), AskedBlobs());
    }

    [Fact]
    public async Task Stopped_BeginsNothing()
    {
        var blobs = Image(_proxy, "v1", 4);
        await _proxy.GetAsync(ByTag);
        await StoredAsync(_proxy, blobs[..Places]);
        _proxy.Registry.Asked();

        _proxy.Prefetch.Stop();
        await _proxy.GetAsync(PathOf(blobs[0]));
        Image(_proxy, "v2", 2, seed: 50);
        await _proxy.GetAsync("/v2/app/manifests/v2");

        Assert.Equal(["GET /v2/app/manifests/v2"], _proxy.Registry.Asked());
        Assert.Equal("started 2, used 1, wasted 0, failed 0", _proxy.Prefetched());
    }

    [Fact]
    public async Task ManifestThatWasLookedIntoAMomentAgo_CostsNoMemory()
    {
        var blobs = Image(_proxy, "v1", 1);
        var client = await _proxy.GetAsync(ByTag);
        await StoredAsync(_proxy, blobs);
        var manifest = new StoredManifest(Digest.Of(client.Sent), RegistryStub.ManifestType, client.Sent);
        var to = _proxy.To("app");
        _proxy.Prefetch.Sent(client.Context, to, manifest, CacheOutcome.Hit);
        _proxy.Prefetch.Asked(manifest.Digest);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _proxy.Prefetch.Sent(client.Context, to, manifest, CacheOutcome.Hit);
            _proxy.Prefetch.Asked(manifest.Digest);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static PullProxy Proxy(int places) => new(options => options with { Prefetch = places });

    /// <summary>An image of a config and layers; their digests in its order.</summary>
    private static Digest[] Image(PullProxy proxy, string tag, int blobs, int seed = 0)
    {
        List<Digest> digests = [];
        for (var n = 0; n < blobs; n++)
        {
            var bytes = BitConverter.GetBytes(seed + n);
            proxy.Registry.Blob("app", bytes);
            digests.Add(Digest.Of(bytes));
        }

        var layers = string.Join(',', digests.Skip(1).Select(digest => $$"""{"digest":"{{digest}}","size":4}"""));
        proxy.Registry.Manifest("app", tag, $$"""{"config":{"digest":"{{digests[0]}}","size":4},"layers":[{{layers}}]}""");
        return [.. digests];
    }

    private static string PathOf(Digest blob) => $"/v2/app/blobs/{blob}";

    /// <summary>The questions for these blobs, sorted: several are asked at the same time.</summary>
    private static string[] Ahead(params IEnumerable<Digest> blobs) =>
        [.. blobs.Select(blob => $"GET {PathOf(blob)}").Order(StringComparer.Ordinal)];

    private static Task StoredAsync(PullProxy proxy, IEnumerable<Digest> blobs) => Task.WhenAll(blobs.Select(proxy.StoredAsync));

    private static Task StartedAsync(PullProxy proxy, int count) => PullProxy.UntilAsync(
        () => proxy.Prefetched().StartsWith($"started {count},", StringComparison.Ordinal));

    /// <summary>Another image's layer has been fetched ahead and asked for: what was to be begun before has been.</summary>
    private async Task BarrierAsync()
    {
        var blob = Image(_proxy, "barrier", 1, seed: 1_000_000);
        await _proxy.GetAsync("/v2/app/manifests/barrier");
        await _proxy.StoredAsync(blob[0]);
        await _proxy.GetAsync(PathOf(blob[0]));
    }

    private string[] AskedBlobs() =>
    [
        .. _proxy.Registry.Asked().Where(asked => asked.Contains("/blobs/", StringComparison.Ordinal))
            .Where(asked => !asked.Contains(Digest.Of(BitConverter.GetBytes(1_000_000)).ToString(), StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];
}
