using System.Text;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class LocalReplicationTests : IAsyncLifetime
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    private LocalEcrServer _server = null!;

    private LocalRegion Primary => _server["eu-west-1"];

    private LocalRegion Replica => _server["us-east-1"];

    private LocalRegion Third => _server["ap-southeast-2"];

    public async ValueTask InitializeAsync() => _server = await LocalEcrServer.StartAsync(
        new() { Regions = [new("eu-west-1"), new("us-east-1"), new("ap-southeast-2")] }, EcrAsker.Cancel);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public void PutImage_IsWholeAtTheReplica_AtOnce()
    {
        Primary.ReplicateTo(Replica);
        var image = SampleImage.Build(1000);

        image.PutInto(Primary.Content, "demo/x", "v1");

        Assert.Equal(image.Digest, Replica.Content.DigestOf("demo/x", "v1"));
        Assert.All(image.Platforms, platform => Assert.Equal(platform.Digest, Replica.Content.DigestOf("demo/x", platform.Digest)));
        Assert.All(image.Blobs, blob => Assert.True(Replica.Content.HasBlob("demo/x", blob.Digest)));
    }

    [Fact]
    public async Task PushedImage_IsPendingUntilReleased()
    {
        using var lag = Primary.ReplicateTo(Replica, "demo/", ReplicationMode.Held);
        using var pusher = new Pusher(Primary);
        Primary.Content.CreateRepository("demo/x");
        var layer = await pusher.PushBlobAsync("demo/x", [1, 2, 3]);
        var manifest = Manifest(layer);
        using var put = await pusher.PutManifestAsync("demo/x", "v1", manifest, OciManifest);
        var digest = Pusher.DigestOf(manifest);

        Assert.Equal(
            [
                new(ContentKind.Blob, "demo/x", layer),
                new(ContentKind.Manifest, "demo/x", digest),
                new(ContentKind.Tag, "demo/x", digest, "v1"),
            ],
            lag.Pending);
        Assert.Empty(Replica.Content.Repositories);
        Assert.Equal(3, lag.Release());
        Assert.Empty(lag.Pending);
        using var asker = new EcrAsker();
        Assert.Equal([1, 2, 3], await asker.LayerAsync(Replica, "demo/x", layer));
        using var got = await asker.GetAsync(Replica, "/v2/demo/x/manifests/v1", Replica.MintToken());
        Assert.Equal(manifest, await got.Content.ReadAsByteArrayAsync(EcrAsker.Cancel));
    }

    [Fact]
    public void Replica_CanHaveAPartOnly()
    {
        using var lag = Primary.ReplicateTo(Replica, mode: ReplicationMode.Held);
        var layer = Primary.Content.PutBlob("demo/x", new byte[] { 1 });
        var digest = Primary.Content.PutManifest("demo/x", Manifest(layer), OciManifest, "v1");

        lag.Release(change => change.Kind == ContentKind.Tag);

        Assert.Equal(digest, Replica.Content.DigestOf("demo/x", "v1"));
        Assert.False(Replica.Content.HasBlob("demo/x", layer));
        Assert.Equal(2, lag.Release());
        Assert.True(Replica.Content.HasBlob("demo/x", layer));
    }

    [Fact]
    public void BlobsFromBeforeReplication_ComeWithTheManifestThatNamesThem()
    {
        var layer = Primary.Content.PutBlob("demo/x", new byte[] { 1 });
        Primary.ReplicateTo(Replica);

        Primary.Content.PutManifest("demo/x", Manifest(layer), OciManifest, "v1");

        Assert.True(Replica.Content.HasBlob("demo/x", layer));
    }

    [Fact]
    public void OtherPrefixes_StayWhereTheyAre()
    {
        Primary.ReplicateTo(Replica, "team/");
        Primary.ReplicateTo(Third, "demo/");

        Primary.Content.PutBlob("demo/x", new byte[] { 1 });

        Assert.Empty(Replica.Content.Repositories);
        Assert.Equal(["demo/x"], Third.Content.Repositories);
    }

    [Fact]
    public void WhatHasComeByReplication_GoesNoFurther()
    {
        Primary.ReplicateTo(Replica);
        Replica.ReplicateTo(Third);
        Replica.ReplicateTo(Primary);

        Primary.Content.PutBlob("demo/x", new byte[] { 1 });
        Assert.Empty(Third.Content.Repositories);

        Replica.Content.PutBlob("demo/y", new byte[] { 1 });
        Assert.Equal(["demo/x", "demo/y"], Primary.Content.Repositories);
        Assert.Equal(["demo/y"], Third.Content.Repositories);
    }

    [Fact]
    public void StoppedReplication_MakesNothingUp_AndHeldOneDoes()
    {
        var replication = Primary.ReplicateTo(Replica, mode: ReplicationMode.Stopped);
        Primary.Content.PutBlob("demo/lost", new byte[] { 1 });
        replication.Mode = ReplicationMode.Held;
        Primary.Content.PutBlob("demo/late", new byte[] { 1 });
        Assert.Empty(Replica.Content.Repositories);

        replication.Mode = ReplicationMode.AtOnce;

        Assert.Equal(["demo/late"], Replica.Content.Repositories);
    }

    [Fact]
    public void TagThatExistsInAnImmutableReplica_StaysAsItIs()
    {
        Replica.Content.CreateRepository("demo/x", new() { TagMutability = TagMutability.Immutable });
        Primary.ReplicateTo(Replica);

        var first = Primary.Content.PutManifest("demo/x", Manifest("a"), OciManifest, "v1");
        var second = Primary.Content.PutManifest("demo/x", Manifest("b"), OciManifest, "v1");

        Assert.Equal(second, Primary.Content.DigestOf("demo/x", "v1"));
        Assert.Equal(first, Replica.Content.DigestOf("demo/x", "v1"));
        Assert.Equal(second, Replica.Content.DigestOf("demo/x", second));
    }

    [Fact]
    public void Deletions_AreNotReplicated_AndWhatWasDeletedInTheMeantimeIsNotCopied()
    {
        using var lag = Primary.ReplicateTo(Replica, mode: ReplicationMode.Held);
        var kept = Primary.Content.PutBlob("demo/x", new byte[] { 1 });
        lag.Release();
        var gone = Primary.Content.PutBlob("demo/x", new byte[] { 2 });
        Primary.Content.DeleteBlob("demo/x", kept);
        Primary.Content.DeleteBlob("demo/x", gone);

        lag.Release();

        Assert.Equal((true, false), (Replica.Content.HasBlob("demo/x", kept), Replica.Content.HasBlob("demo/x", gone)));
    }

    private static byte[] Manifest(string layer) =>
        Encoding.UTF8.GetBytes($$"""{"mediaType":"{{OciManifest}}","layers":[{"digest":"{{layer}}"}]}""");
}
