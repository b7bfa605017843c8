using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Upstream;

public sealed class BlobSourceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_999_999)]
    public async Task LayerFromAnOffset_IsByteExact(int offset)
    {
        await using var rig = await UpstreamRig.StartAsync();

        var (bytes, cut) = await rig.ReadAsync(rig.Source(), offset);

        Assert.Null(cut);
        Assert.Equal(rig.Layer[offset..], bytes);
    }

    [Fact]
    public async Task ManyRanges_CostOneQuestionAtTheRegistry()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var source = rig.Source();

        for (var offset = 0; offset < 5; offset++)
        {
            await rig.ReadAsync(source, offset);
        }

        Assert.Equal(1, rig.Local.Counters.Requests(RequestKind.GetBlob));
        Assert.Equal(5, rig.Local.Counters.LayerGets());
    }

    [Fact]
    public async Task AddressRevokedMidway_IsRenewed()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var source = rig.Source();
        await rig.ReadAsync(source);
        rig.Local.Faults.RevokeLayerUrls();

        var (bytes, _) = await rig.ReadAsync(source, 1000);

        Assert.Equal(rig.Layer[1000..], bytes);
        Assert.Equal(2, rig.Local.Counters.Requests(RequestKind.GetBlob));
    }

    [Fact]
    public async Task ForeignRedirect_IsRefusedWithItsHost()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.RedirectTo(new Uri("http://127.0.0.9:1"));

        var (_, failure) = await rig.Source().OpenAsync(0, null, Cancel);

        Assert.Equal(FetchError.BadAnswer, failure!.Error);
        Assert.Contains("127.0.0.9:1", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("5004", rig.LogText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CutBody_IsAnIoExceptionAfterTheGoodBytes()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.CutLayers(1_000_000);

        var (bytes, cut) = await rig.ReadAsync(rig.Source());

        Assert.IsAssignableFrom<IOException>(cut);
        Assert.Equal(rig.Layer[..1_000_000], bytes);
    }

    [Fact]
    public async Task ResetConnection_IsAnIoException()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.CutLayers(1_000_000, CutHow.Reset);
        using var pause = rig.Local.Faults.PauseLayers(500_000); // else the reset overtakes even the headers

        var body = (await rig.Source().OpenAsync(0, null, Cancel)).Value!;
        pause.Release();
        var (bytes, cut) = await UpstreamRig.ReadAsync(body);

        Assert.IsAssignableFrom<IOException>(cut);
        Assert.Equal(rig.Layer[..bytes.Length], bytes);
    }

    [Fact]
    public async Task SilentBody_IsAnIoExceptionAfterTheIdleTimeOut()
    {
        var clock = new MovedClock();
        await using var rig = await UpstreamRig.StartAsync(time: clock);
        using var pause = rig.Local.Faults.PauseLayers(500_000);
        using var body = (await rig.Source().OpenAsync(0, null, Cancel)).Value!;
        var bytes = new byte[500_000];
        await body.Bytes.ReadExactlyAsync(bytes, Cancel);

        var next = body.Bytes.ReadAsync(new byte[1], Cancel).AsTask();
        Assert.Equal(1, clock.EndWaitsOf(new UpstreamOptions().IdleTimeout));

        var cut = await Assert.ThrowsAnyAsync<IOException>(() => next);
        Assert.Equal("nothing came for 30 s.", cut.Message);
        Assert.Equal(rig.Layer[..500_000], bytes);
    }

    [Fact]
    public async Task LayerWithoutLength_IsABadAnswer()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.OmitLayerLength();

        Assert.Equal(FetchError.BadAnswer, (await rig.Source().OpenAsync(0, null, Cancel)).Failure!.Error);

        var (bytes, cut) = await rig.ReadAsync(rig.Source(), 1000); // its Content-Range says it

        Assert.Null(cut);
        Assert.Equal(rig.Layer[1000..], bytes);
    }

    [Fact]
    public async Task LengthThatChanges_IsTheCallersToJudge()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var source = rig.Source();
        await rig.ReadAsync(source);
        rig.Local.Faults.MisstateLayerLength(1);

        using var body = (await source.OpenAsync(10, null, Cancel)).Value;

        Assert.Equal(rig.Layer.Length + 1, body?.TotalBytes);
    }

    [Fact]
    public async Task OffsetPastTheEnd_TellsTheLength()
    {
        await using var rig = await UpstreamRig.StartAsync();

        var (_, failure) = await rig.Source().OpenAsync(rig.Layer.Length, null, Cancel);

        Assert.Equal((FetchError.OutOfRange, (long?)rig.Layer.Length), (failure!.Error, failure.TotalBytes));
    }

    [Fact]
    public async Task EmptyLayer_IsRead()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Content.PutBlob("team/app", Array.Empty<byte>());

        var (bytes, cut) = await rig.ReadAsync(rig.Client.BlobsOf(UpstreamRig.App, Digest.Of([])));

        Assert.Null(cut);
        Assert.Empty(bytes);
    }

    [Fact]
    public async Task BodyClosedEarly_LeavesTheNextOneWhole()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var source = rig.Source();
        for (var i = 0; i < 3; i++)
        {
            using var body = (await source.OpenAsync(0, null, Cancel)).Value!;
            await body.Bytes.ReadExactlyAsync(new byte[1000], Cancel);
        }

        Assert.Equal(rig.Layer, (await rig.ReadAsync(source)).Bytes);
    }

    [Theory]
    [InlineData(HeadBlobAnswer.Size, 0)]
    [InlineData(HeadBlobAnswer.Redirect, 1)]
    [InlineData(HeadBlobAnswer.NotAllowed, 1)]
    public async Task HeadBlob_GivesTheLength_HoweverTheRegistryAnswersIt(HeadBlobAnswer answer, int layerGets)
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.HeadBlob = answer;

        var (head, _) = await rig.Client.HeadBlobAsync(UpstreamRig.App, rig.LayerDigest, Cancel);

        Assert.Equal(rig.Layer.Length, head!.Length);
        Assert.Equal(layerGets, rig.Local.Counters.LayerGets());
    }

    [Fact]
    public async Task MissingBlob_IsNotFound()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var missing = Digest.Of([1]);

        Assert.Equal(FetchError.NotFound, (await rig.Client.HeadBlobAsync(UpstreamRig.App, missing, Cancel)).Failure!.Error);
        Assert.Equal(FetchError.NotFound, (await rig.Client.BlobsOf(UpstreamRig.App, missing).OpenAsync(0, null, Cancel)).Failure!.Error);
    }
}
