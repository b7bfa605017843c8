using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.Http;

namespace FastEcrProxy.FunctionalTests.Limits;

/// <summary>A layer may be so large and no larger, in however many requests it comes.</summary>
public sealed class UploadSizeTests
{
    private const int Most = 1 << 20;

    private static readonly byte[] TooLarge = PushRig.Bytes(Most + 1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerThatIsAsLargeAsItMayBe_IsTaken()
    {
        await using var rig = await StartAsync();
        var layer = PushRig.Bytes(Most);

        var digest = await rig.Client.PushBlobAsync(PushRig.Repository, layer);

        Assert.Equal(layer, rig.InRegistry(digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LengthThatSaysSo_IsRefusedBeforeTheRegistryIsAsked()
    {
        await using var rig = await StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var put = await rig.Client.FinishAsync(location, Pusher.DigestOf(TooLarge), TooLarge);
        using var post = await rig.Client.SendAsync(
            HttpMethod.Post, $"/v2/{PushRig.Repository}/blobs/uploads/?digest={Pusher.DigestOf(TooLarge)}", new ByteArrayContent(TooLarge));

        Assert.Equal(0, rig.Region.Counters.UploadBytes);
        await AssertRefusedAsync(rig, put);
        await AssertRefusedAsync(rig, post);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BodyOfUnknownLength_IsBrokenOffAtTheLimit()
    {
        await using var rig = await StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var patch = await rig.Client.SendAsync(HttpMethod.Patch, location, new StreamContent(new UnknownLength(TooLarge)));

        await AssertRefusedAsync(rig, patch);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ChunksThatAreTooLargeTogether_AreRefusedAtTheOneTooMuch()
    {
        await using var rig = await StartAsync();
        var half = PushRig.Bytes((Most / 2) + 1);
        using var first = await rig.Client.PatchAsync(await rig.Client.StartAsync(PushRig.Repository), half, 0);
        Assert.Equal(202, (int)first.StatusCode);

        using var second = await rig.Client.PatchAsync(first.Headers.Location!.OriginalString, half, half.Length);

        await AssertRefusedAsync(rig, second);
    }

    private static Task<PushRig> StartAsync() => PushRig.StartAsync(settings: static settings => settings with
    {
        Limits = new LimitOptions { UploadBytes = Most },
    });

    private static async Task AssertRefusedAsync(PushRig rig, HttpResponseMessage refused)
    {
        Assert.Equal((413, "SIZE_INVALID"), await Pusher.ErrorAsync(refused));
        Assert.Contains($"at most {Most} bytes", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.Null(rig.InRegistry(Pusher.DigestOf(TooLarge)));
        await Until.TrueAsync(() => rig.Partials().Length == 0);
        var other = PushRig.Bytes(1000, seed: 2);
        Assert.Equal(other, rig.InRegistry(await rig.Client.PushBlobAsync(PushRig.Repository, other)));
    }

    /// <summary>Sent in chunks, since nobody knows how much it is.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
