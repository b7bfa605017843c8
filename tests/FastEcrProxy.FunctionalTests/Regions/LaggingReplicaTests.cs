using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>Pushes go to the primary; who pulls from near gets them at once, though the replica hears of them later.</summary>
public sealed class LaggingReplicaTests : IAsyncLifetime
{
    private const string Repository = "team/app";

    private static readonly byte[] Layer = PushRig.Bytes(100_000);
    private static readonly byte[] Old = PushRig.ManifestOf(Pusher.DigestOf(Layer));
    private static readonly byte[] New = PushRig.ManifestOf(Pusher.DigestOf(Layer), Pusher.DigestOf(Layer));

    private ProxyUnderTest _proxy = null!;
    private LocalReplication _replication = null!;
    private Pusher _client = null!;

    private LocalRegion Near => _proxy.Ecr[Company.Near];

    private LocalRegion Far => _proxy.Ecr[Company.Far];

    public async ValueTask InitializeAsync()
    {
        _proxy = await Company.StartNearAndFarAsync(static rule => rule with { Push = true });
        Far.Content.CreateRepository(Repository);
        _replication = Far.ReplicateTo(Near);
        _client = new Pusher(new Uri(_proxy.Url), credentials: null);
        await _client.PushBlobAsync(Repository, Layer);
        await PushAsync("v1", Old); // both Regions have it
        Assert.Equal(Old, await GetAsync("v1"));
        _replication.Mode = ReplicationMode.Held;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _replication.Dispose();
        await _proxy.DisposeAsync();
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PushesGoToThePrimaryAlone()
    {
        await PushAsync("v2", New);

        Assert.Equal(0, Near.Counters.Requests(RequestKind.AnyPush));
        Assert.True(Far.Counters.Requests(RequestKind.AnyManifestPut) > 0);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task NewTag_IsThereAtOnce()
    {
        await PushAsync("v2", New);

        Assert.Equal(New, await GetAsync("v2"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task MovedTag_IsWhatWasPushed_WhileTheReplicaSaysOtherwise()
    {
        await PushAsync("v1", New);

        Assert.Equal(New, await GetAsync("v1"));
        Assert.Equal(New, await GetAsync("v1"));
        using var head = await _client.SendAsync(HttpMethod.Head, $"/v2/{Repository}/manifests/v1");
        Assert.Equal(Pusher.DigestOf(New), head.Header("Docker-Content-Digest"));

        _replication.Release();
        Assert.Equal(New, await GetAsync("v1"));

        // From here on the replica's word counts: what it says next was pushed by another way.
        Near.Content.Tag(Repository, "v1", Pusher.DigestOf(Old));
        Assert.Equal(Old, await GetAsync("v1"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ReplicationThatHasStopped_ChangesNothingForWhoPullsWhatWasPushed()
    {
        _replication.Mode = ReplicationMode.Stopped;
        await PushAsync("v1", New);
        await PushAsync("v2", New);

        Assert.Equal(New, await GetAsync("v1"));
        Assert.Equal(New, await GetAsync("v2"));
        Assert.Empty(_replication.Pending);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task MovedTag_IsWhatWasPushed_WhenThePrimaryIsGone()
    {
        await PushAsync("v1", New);
        await _proxy.Ecr.GoDarkAsync(Company.Far);

        Assert.Equal(New, await GetAsync("v1"));
    }

    /// <summary>As when another proxy took the newer push, or somebody pushed to the registry itself.</summary>
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PushByAnotherWay_CountsMoreThanOneThroughHere(bool isReplicated)
    {
        await PushAsync("v1", New);
        var third = PushRig.ManifestOf();
        Far.Content.PutManifest(Repository, third, PushRig.ManifestType, "v1");
        if (isReplicated)
        {
            _replication.Release();
        }

        Assert.Equal(third, await GetAsync("v1"));
        Assert.Equal(third, await GetAsync("v1"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DeletedManifest_IsGoneThoughTheReplicaHasTheTag()
    {
        await PushAsync("v1", New);

        using var deleted = await _client.SendAsync(HttpMethod.Delete, $"/v2/{Repository}/manifests/{Pusher.DigestOf(New)}");

        Assert.Equal(202, deleted.Status);
        Assert.Equal(Old, await GetAsync("v1")); // deletions are not replicated: the replica's word is all there is
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerThatTheReplicaAloneHas_IsNotLeftOutOfAPush()
    {
        var layer = PushRig.Bytes(5000, seed: 3);
        Near.Content.PutBlob(Repository, layer);

        using var head = await _client.SendAsync(HttpMethod.Head, $"/v2/{Repository}/blobs/{Pusher.DigestOf(layer)}");

        Assert.Equal(404, head.Status); // the primary's word, who would refuse a manifest that names it
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DeletedTag_IsGoneWhateverTheReplicaHas()
    {
        await PushAsync("v2", New);
        Assert.Equal(New, await GetAsync("v2"));

        using var deleted = await _client.SendAsync(HttpMethod.Delete, $"/v2/{Repository}/manifests/v2");
        using var gone = await _client.SendAsync(HttpMethod.Get, $"/v2/{Repository}/manifests/v2");

        Assert.Equal((202, 404), (deleted.Status, gone.Status));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PrimaryThatIsDown_IsTheEndOfAPush_NotOfAPull()
    {
        await _proxy.Ecr.GoDarkAsync(Company.Far);

        using var refused = await _client.SendAsync(HttpMethod.Post, $"/v2/{Repository}/blobs/uploads/");

        Assert.Equal(503, refused.Status);
        Assert.Equal(Old, await GetAsync("v1"));
        Assert.Equal(0, Near.Counters.Requests(RequestKind.AnyPush)); // an upload lives in one Region
    }

    private async Task PushAsync(string tag, byte[] manifest)
    {
        using var put = await _client.PutManifestAsync(Repository, tag, manifest, PushRig.ManifestType);
        Assert.Equal(201, put.Status);
    }

    private async Task<byte[]> GetAsync(string tag)
    {
        using var answer = await _client.SendAsync(HttpMethod.Get, $"/v2/{Repository}/manifests/{tag}");
        Assert.Equal(200, answer.Status);
        return await answer.BytesAsync();
    }
}
