using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class FillWriterTests : IAsyncDisposable
{
    private const int Segment = (int)FillPlan.SegmentBytes;

    private static readonly SampleBlob Large = new(5 * Segment); // 40 MiB
    private static readonly SampleBlob Small = new(300_000);

    private readonly TempFolder _folder = new();
    private readonly CacheParts _cache;

    public FillWriterTests() => _cache = new CacheParts(_folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData((256 * 1024) - 1)]
    [InlineData(256 * 1024)]
    [InlineData(Segment + 1)]
    public async Task BlobOfAnyLength_IsReadAndPublishedExactly(int length)
    {
        var blob = new SampleBlob(length);

        await _cache.StoreAsync(blob);

        using var lease = _cache.Store.TryOpen(blob.Digest);
        Assert.Equal(length, lease!.Length);
        Assert.Equal(blob.Bytes, await Reading.AllAsync(lease));
    }

    [Fact]
    public async Task Sha512Blob_IsVerifiedAndPublished()
    {
        var bytes = new SampleBlob(1000).Bytes;
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA512.HashData(bytes));
        Assert.True(Digest.TryParse("sha512:" + hash, out var digest));
        var upstream = new FakeUpstream(new SampleBlob(1000));
        var (opened, _) = await _cache.Store.JoinOrStartAsync(digest, 0, upstream.Open, Cancel);

        using (opened)
        {
            Assert.Equal(bytes, await Reading.AllAsync(opened!));
        }

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.NotNull(_cache.Eviction.Reserve(1L << 30 | 1)); // larger than the cache
        Assert.Null(_cache.Eviction.Reserve(1L << 30));
        Assert.False(File.Exists(_cache.Directory.Blob(digest)));
    }

    [Fact]
    public async Task FirstClientInTheMiddle_IsServedFirstAndTheBlobIsWholeAfterwards()
    {
        var upstream = new FakeUpstream(Large);
        using var bytes = await _cache.JoinAsync(Large, upstream, firstOffset: 2 * Segment);

        Assert.Equal(Large.Bytes[(2 * Segment)..(3 * Segment)], await Reading.FromAsync(bytes, 2 * Segment, 3 * Segment));

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal(2 * Segment, upstream.Offsets[0]);
        Assert.Equal(Large.Bytes, await Reading.AllAsync(bytes));
        Assert.Equal(Large.Length, _cache.Store.Bytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task FirstOffsetAtOrPastTheEnd_OpensTheBlobAllTheSame(int past)
    {
        var upstream = new FakeUpstream(Small);

        using var bytes = await _cache.JoinAsync(Small, upstream, Small.Length + past);

        Assert.Equal(Small.Length, bytes.Length);
        Assert.Equal(Small.Bytes, await Reading.AllAsync(bytes));
        Assert.Equal([Small.Length + past, 0], upstream.Offsets);
    }

    [Fact]
    public async Task ReaderFarAhead_GetsAConnectionOfItsOwn()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(Large, Answers.HeldAt(1000, gate));
        using var near = await _cache.JoinAsync(Large, upstream);
        using var far = await _cache.JoinAsync(Large, upstream);
        await gate.Reached.WaitAsync(Cancel);

        var read = await Reading.FromAsync(far, 3 * Segment, 4 * Segment); // the first connection stands still meanwhile

        Assert.Equal(Large.Bytes[(3 * Segment)..(4 * Segment)], read);
        Assert.Equal([0, 3 * Segment], upstream.Offsets);
        gate.Open();
        Assert.Equal(Large.Bytes, await Reading.AllAsync(near));
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
    }

    [Fact]
    public async Task OnlyConnection_TurnsToAFarReaderAtTheNextSegment()
    {
        using var folder = new TempFolder();
        await using var cache = new CacheParts(CacheParts.OptionsIn(folder) with { FetchConnections = 1 });
        var gate = new Gate();
        var upstream = new FakeUpstream(Large, Answers.HeldAt(1000, gate));
        using var near = await cache.JoinAsync(Large, upstream);
        using var far = await cache.JoinAsync(Large, upstream);
        await gate.Reached.WaitAsync(Cancel);
        var waiting = far.ReadableAsync(4 * Segment, Cancel).AsTask();

        gate.Open();

        Assert.True(await waiting > 0);
        Assert.Equal(4 * Segment, upstream.Offsets[1]);
        Assert.Equal(Large.Bytes, await Reading.AllAsync(near));
        Assert.Equal("published", await cache.Measures.NextEndAsync());
    }

    [Fact]
    public async Task RegistryThatIsBusyForAMomentBetweenTwoRuns_IsAskedAgain()
    {
        // The first run is from the middle to the end; what fails is the opening of the second, at the blob's start.
        var upstream = new FakeUpstream(
            Small, Answers.Whole, Answers.Fails(FetchError.Throttled), Answers.Fails(FetchError.Unreachable));

        using var bytes = await _cache.JoinAsync(Small, upstream, firstOffset: 100_000);

        Assert.Equal(Small.Bytes, await Reading.AllAsync(bytes));
        Assert.Equal([100_000, 0, 0, 0], upstream.Offsets);
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal(0, _cache.Measures.Resumes); // nothing had been cut
    }

    [Fact]
    public async Task LengthThatChangesBetweenTwoRuns_EndsTheFill()
    {
        var upstream = new FakeUpstream(Small, Answers.Whole) { Otherwise = Answers.WrongLength };

        using var bytes = await _cache.JoinAsync(Small, upstream, firstOffset: 100_000);

        Assert.Empty(await Reading.AllAsync(bytes));
        Assert.Equal(FetchError.BadAnswer, bytes.Failure?.Error);
        Assert.Equal("failed", await _cache.Measures.NextEndAsync());
        Assert.Equal(0, _cache.Eviction.UsedBytes);
    }

    [Fact]
    public async Task FarConnectionThatFails_LeavesItsWorkToTheFirst()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(Large, Answers.HeldAt(1000, gate), Answers.Fails(FetchError.Refused));
        using var far = await _cache.JoinAsync(Large, upstream);
        await gate.Reached.WaitAsync(Cancel);
        var waiting = Reading.FromAsync(far, 3 * Segment, 4 * Segment);
        while (upstream.Offsets.Length < 2)
        {
            await Task.Yield();
        }

        gate.Open();

        Assert.Equal(Large.Bytes[(3 * Segment)..(4 * Segment)], await waiting);
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
    }

    [Fact]
    public async Task PieceAtTheEnd_IsReadBeforeTheDigestIsKnown()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(Large, Answers.Whole, Answers.HeldAt(0, gate));
        using var footer = (FillReader)await _cache.JoinAsync(Large, upstream, Large.Length - 100);
        footer.WantsPiece = true;

        var read = await Reading.FromAsync(footer, Large.Length - 100, Large.Length);

        Assert.Equal(Large.Bytes[^100..], read);
        gate.Open();
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal([Large.Length - 100, 0], upstream.Offsets);
    }

    [Fact]
    public async Task AnyCutsAndAnyReaders_GiveExactBytesOrAFailure() => await Gen.Select(
        Gen.Int[0, Small.Length].Array[0, 6],
        Gen.Select(Gen.Int[0, Small.Length], Gen.Int[1, 70_000], Gen.Bool).Array[1, 6],
        Gen.Int[0, 4])
        .SampleAsync(async (cuts, readers, fault) =>
        {
            using var folder = new TempFolder();
            await using var cache = new CacheParts(folder);
            var answers = cuts.Select((cut, i) => i % 2 == 0 ? Answers.CutAt(cut) : Answers.BrokenAt(cut)).ToList();
            answers.Insert(Math.Min(fault, answers.Count), fault switch
            {
                0 => Answers.WrongBytes,
                1 => Answers.Fails(FetchError.Refused),
                2 => Answers.Fails(FetchError.Throttled),
                _ => Answers.Whole,
            });
            var upstream = new FakeUpstream(Small, answers);

            await Task.WhenAll(readers.Select(
                r => Task.Run(() => ReadExactlyOrFailAsync(cache, upstream, r.Item1, r.Item2, r.Item3))));

            await cache.Fills.DisposeAsync();
            using var lease = cache.Store.TryOpen(Small.Digest);
            Assert.Equal(lease is null ? [] : Small.Bytes, lease is null ? [] : await Reading.AllAsync(lease));
        }, iter: 60, threads: 1);

    private static async Task ReadExactlyOrFailAsync(
        CacheParts cache, FakeUpstream upstream, int start, int readBytes, bool joinsLate)
    {
        if (joinsLate)
        {
            await Task.Yield();
        }

        var (bytes, failure) = await cache.Store.JoinOrStartAsync(Small.Digest, start, upstream.Open, Cancel);
        if (bytes is null)
        {
            Assert.NotNull(failure);
            return;
        }

        using (bytes)
        {
            var read = await Reading.FromAsync(bytes, start, Small.Length, readBytes);
            if (read.Length == Small.Length - start)
            {
                Assert.Equal(Small.Bytes[start..], read);
            }
            else
            {
                Assert.NotNull(bytes.Failure);
            }
        }
    }
}
