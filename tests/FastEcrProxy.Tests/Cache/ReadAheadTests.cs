using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

/// <summary>A fill that nobody reads any more fetches so much and no more, and is gone on with by who comes next.</summary>
public sealed class ReadAheadTests : IAsyncDisposable
{
    private const int MiB = 1 << 20;

    private static readonly SampleBlob Blob = new(24 * MiB);

    private readonly TempFolder _folder = new();
    private readonly CacheParts _cache;

    public ReadAheadTests() => _cache = new CacheParts(CacheParts.OptionsIn(_folder) with { ReadAheadBytes = 8 * MiB });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task LastReaderThatLeaves_LeavesAFillThatIsKept()
    {
        var upstream = await AbandonAsync(heldAt: 4 * MiB);

        Assert.Equal("kept", await _cache.Measures.NextEndAsync());
        Assert.InRange(_cache.Measures.UpstreamBytes, 12 * MiB, 14 * MiB); // a buffer's worth may be on its way
        Assert.Equal([0], upstream.Offsets);
        Assert.Null(_cache.Store.TryOpen(Blob.Digest));
    }

    [Fact]
    public async Task WhoComesNext_GoesOnWhereItStopped()
    {
        await AbandonAsync(heldAt: 4 * MiB);
        Assert.Equal("kept", await _cache.Measures.NextEndAsync());
        var upstream = new FakeUpstream(Blob);

        using var bytes = await _cache.JoinAsync(Blob, upstream);

        Assert.Equal(CacheOutcome.Miss, bytes.Outcome);
        Assert.Equal(Blob.Bytes, await Reading.AllAsync(bytes));
        Assert.InRange(Assert.Single(upstream.Offsets), 12 * MiB, 14 * MiB);
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    public void FillWhoseFirstReaderIsStillToCome_IsNotUnwanted(long readAheadBytes)
    {
        using var file = File.OpenHandle(Path.Combine(_folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
        var fill = new BlobFill(readAheadBytes);
        fill.Open(file, 1000, new PresentRanges());
        var claim = fill.NextClaim()!;

        Assert.True(fill.Arrived(claim, 400)); // who asks for a blob starts its fill, and becomes its reader a moment later
        Assert.True(fill.TryAddReader());
        Assert.True(fill.Arrived(claim, 100));
        Assert.Equal(BlobFill.State.Filling, fill.Current);
        fill.RemoveReader();
        fill.Arrived(claim, 300);

        Assert.Equal(FetchError.Unwanted, fill.Failure?.Error);
    }

    [Fact]
    public async Task RestThatIsShorter_IsFetched()
    {
        await AbandonAsync(heldAt: 17 * MiB);

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
    }

    [Fact]
    public async Task SecondReader_KeepsItGoing()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(Blob, Answers.HeldAt(4 * MiB, gate));
        using var stays = await _cache.JoinAsync(Blob, upstream);
        var leaves = await _cache.JoinAsync(Blob, upstream);
        await gate.Reached.WaitAsync(Cancel);

        leaves.Dispose();
        gate.Open();

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal(Blob.Bytes, await Reading.AllAsync(stays));
    }

    [Fact]
    public async Task ReaderThatComesBackInTime_KeepsItGoing()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(Blob, Answers.HeldAt(4 * MiB, gate));
        (await _cache.JoinAsync(Blob, upstream)).Dispose();
        await gate.Reached.WaitAsync(Cancel);

        using var back = await _cache.JoinAsync(Blob, upstream);
        gate.Open();

        Assert.Equal(CacheOutcome.Joined, back.Outcome);
        Assert.Equal(Blob.Bytes, await Reading.AllAsync(back));
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal([0], upstream.Offsets);
    }

    [Fact]
    public async Task WrongBytes_AreFetchedOnceMoreToTheEndThoughNobodyReads()
    {
        var upstream = new FakeUpstream(Blob, Answers.WrongBytes);
        using (var bytes = await _cache.JoinAsync(Blob, upstream))
        {
            await Reading.AllAsync(bytes);
        }

        Assert.Equal(["failed", "published"], await _cache.Measures.NextTwoEndsAsync());
    }

    [Fact]
    public async Task ReadersThatComeAndGoAllTheTime_AllGetExactBytes()
    {
        var upstream = new FakeUpstream(Blob) { Otherwise = Answers.InPieces(7) };

        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() => ComeAndGoAsync(upstream, seed), Cancel)));

        using var bytes = await _cache.JoinAsync(Blob, upstream);
        Assert.Equal(Blob.Bytes, await Reading.AllAsync(bytes));
    }

    private async Task ComeAndGoAsync(FakeUpstream upstream, int seed)
    {
        var chance = new Random(seed);
        for (var i = 0; i < 30; i++)
        {
            using var bytes = await _cache.JoinAsync(Blob, upstream);
            var start = chance.Next(Blob.Length - MiB);

            var read = await Reading.FromAsync(bytes, start, start + chance.Next(1, MiB));

            Assert.True(Blob.Bytes.AsSpan(start).StartsWith(read));
            Assert.True(read.Length > 0, $"nothing at {start}: {bytes.Failure}");
        }
    }

    /// <summary>A client that leaves when so much has come; upstream goes on afterwards.</summary>
    private async Task<FakeUpstream> AbandonAsync(int heldAt)
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(Blob, Answers.HeldAt(heldAt, gate));
        var bytes = await _cache.JoinAsync(Blob, upstream);
        await gate.Reached.WaitAsync(Cancel);
        await Reading.FromAsync(bytes, 0, heldAt); // all of it is in the file

        bytes.Dispose();
        gate.Open();
        return upstream;
    }
}
