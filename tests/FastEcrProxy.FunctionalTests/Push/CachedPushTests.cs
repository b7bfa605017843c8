using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>What is kept of a push on its way, and that the push goes on where nothing can be kept.</summary>
public sealed class CachedPushTests
{
    private const int Length = 3_000_000;

    private static readonly byte[] Layer = PushRig.Bytes(Length);
    private static readonly string Digest = Pusher.DigestOf(Layer);

    [Fact]
    public async Task PushedLayer_IsServedToItsRepositoryOnly()
    {
        await using var rig = await PushRig.StartAsync();
        rig.Region.Content.CreateRepository("team/other");
        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);
        await rig.CachedAsync(Digest);

        using var other = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/team/other/blobs/{Digest}");

        Assert.Equal(404, other.Status);
    }

    [Fact]
    public async Task ManyLayersAtOnce_AreAllKept()
    {
        await using var rig = await PushRig.StartAsync();
        var layers = Enumerable.Range(0, 20).Select(seed => PushRig.Bytes(500_000, seed)).ToList();

        await Task.WhenAll(layers.Select(layer => rig.Client.PushBlobAsync(PushRig.Repository, layer)));

        await rig.SettledAsync(layers.Count);
        Assert.All(layers, layer => Assert.True(rig.IsCached(Pusher.DigestOf(layer))));
    }

    [Theory]
    [InlineData(4 << 20, false)]
    [InlineData(64 << 20, true)]
    public async Task LayerLargerThanItsShareOfTheCache_GoesThroughUnkept(int cacheBytes, bool isKept)
    {
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Cache = settings.Cache with { SizeBytes = cacheBytes },
        });

        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);

        await rig.Proxy.MeasuredAsync(1, "fastecr_pushes_ended_total", isKept ? "end=\"published\"" : "end=\"failed\"");
        Assert.Equal(isKept, rig.IsCached(Digest));
        Assert.Equal(Layer, rig.InRegistry(Digest));
        Assert.Empty(rig.Partials());
    }

    [Fact]
    public async Task FullDisk_CostsOnlyTheCopy()
    {
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Cache = settings.Cache with { FreeSpaceBytes = long.MaxValue / 2 },
        });

        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);

        await rig.Proxy.MeasuredAsync(1, "fastecr_pushes_ended_total", "end=\"failed\"");
        await rig.Proxy.LoggedAsync("was pushed through and is not kept: there is no room");
        Assert.Equal(Layer, rig.InRegistry(Digest));
    }

    [Fact]
    public async Task BrokenDisk_CostsOnlyTheCopy()
    {
        await using var rig = await PushRig.StartAsync();
        Directory.Delete(Path.Combine(rig.Proxy.CacheDirectory, "partial"), recursive: true);
        File.WriteAllText(Path.Combine(rig.Proxy.CacheDirectory, "partial"), "no directory");

        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);

        await rig.Proxy.LoggedAsync("was pushed through and is not kept: the cache's disk failed");
        Assert.Equal(Layer, rig.InRegistry(Digest));
    }

    [Fact]
    public async Task ChunksThroughTwoProxies_GoThroughAndAreKeptByNeither()
    {
        await using var rig = await PushRig.StartAsync();
        await using var second = await PushRig.StartAsync(settings: settings => settings with
        {
            Upstream = settings.Upstream with { Endpoint = rig.Region.Registry },
            Ecr = settings.Ecr with { ControlPlane = rig.Region.ControlPlane },
        });
        var other = second.Client;
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var first = await rig.Client.PatchAsync(location, Layer[..1_000_000], 0);
        using var next = await other.PatchAsync(first.Header("Location")!, Layer[1_000_000..2_000_000], 1_000_000);
        using var early = await rig.Client.PatchAsync(first.Header("Location")!, Layer[2_000_000..], 2_000_000);
        using var finished = await rig.Client.FinishAsync(next.Header("Location")!, Digest, Layer[2_000_000..]);

        Assert.Equal((202, "0-1999999"), (next.Status, next.Header("Range")));
        Assert.Equal((416, "0-999999"), (early.Status, early.Header("Range")));
        Assert.Equal(first.Header("Location"), early.Header("Location"));
        Assert.Equal(201, finished.Status);
        Assert.False(rig.IsCached(Digest));
        Assert.False(second.IsCached(Digest));
        await rig.PullAsync(Digest);
    }

    [Fact]
    public async Task RestartBetweenChunks_CostsOnlyTheCopy()
    {
        await using var rig = await PushRig.StartAsync();
        using var first = await rig.Client.PatchAsync(await rig.Client.StartAsync(PushRig.Repository), Layer[..1_000_000], 0);
        Assert.NotEmpty(rig.Partials());

        await rig.Proxy.StopAsync();
        Assert.Empty(rig.Partials());
        await rig.Proxy.StartAgainAsync();
        using var client = new Pusher(new Uri(rig.Proxy.Url), credentials: null);
        using var finished = await client.FinishAsync(first.Header("Location")!, Digest, Layer[1_000_000..]);

        Assert.Equal(201, finished.Status);
        Assert.Equal(Layer, rig.InRegistry(Digest));
    }

    [Fact]
    public async Task KilledProxy_LeavesNothingAfterItsNextStart()
    {
        await using var rig = await PushRig.StartAsync();
        await rig.Proxy.StopAsync();
        File.WriteAllText(Path.Combine(rig.Proxy.CacheDirectory, "partial", "push-1-1"), "left over");

        await rig.Proxy.StartAgainAsync();

        Assert.Empty(rig.Partials());
    }

    [Fact]
    public async Task ChunkOutOfOrder_IsRefusedWithoutAskingTheRegistry()
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var refused = await rig.Client.PatchAsync(location, Layer[1_000_000..], 1_000_000);

        Assert.Equal((416, "BLOB_UPLOAD_INVALID"), await Pusher.ErrorAsync(refused));
        Assert.Equal((location, "0-0"), (refused.Header("Location"), refused.Header("Range")));
        Assert.Equal(0, rig.Region.Counters.Requests(RequestKind.UploadPart));
    }

    [Theory]
    [InlineData("0-999998", 400, "SIZE_INVALID")]
    [InlineData("1-0", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("0-", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("a-b", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("-5", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("0-9223372036854775807", 400, "BLOB_UPLOAD_INVALID")]
    public async Task RangeThatMakesNoSense_IsRefusedWithoutAskingTheRegistry(string range, int status, string code)
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var refused = await rig.Client.SendAsync(HttpMethod.Patch, location, new ByteArrayContent(Layer[..1_000_000]), range);

        Assert.Equal((status, code), await Pusher.ErrorAsync(refused));
        Assert.Equal(0, rig.Region.Counters.Requests(RequestKind.UploadPart));
    }
}
