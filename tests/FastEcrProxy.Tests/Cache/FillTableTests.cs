using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class FillTableTests : IAsyncDisposable
{
    private const int MiB = 1 << 20;

    private readonly TempFolder _folder = new();
    private readonly SampleBlob _blob = new(3 * MiB);
    private readonly CacheParts _cache;

    public FillTableTests() => _cache = new CacheParts(_folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task HundredSimultaneousClients_CostOneUpstreamCopy()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(_blob, Answers.HeldAt(MiB, gate));
        var clients = Enumerable.Range(0, 100).Select(_ => Task.Run(() => ReadWholeAsync(upstream), Cancel)).ToArray();
        await gate.Reached.WaitAsync(Cancel);
        gate.Open();

        var outcomes = await Task.WhenAll(clients);

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal([0], upstream.Offsets);
        Assert.Equal(_blob.Length, _cache.Measures.UpstreamBytes);
        Assert.Single(outcomes, static outcome => outcome is CacheOutcome.Miss);
    }

    [Fact]
    public async Task PublishedBlob_IsAnsweredFromDisk()
    {
        await _cache.StoreAsync(_blob);
        var upstream = new FakeUpstream(_blob);

        using var bytes = await _cache.JoinAsync(_blob, upstream);

        Assert.Equal(CacheOutcome.Hit, bytes.Outcome);
        Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes));
        Assert.Empty(upstream.Offsets);
        Assert.Empty(Directory.GetFiles(_cache.Directory.Partials));
        AssertNothingHeld(_blob.Length);
    }

    [Fact]
    public async Task FillWhoseReadersLeave_GoesOnAndIsPublished()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(_blob, Answers.HeldAt(MiB, gate));
        var bytes = await _cache.JoinAsync(_blob, upstream);
        await gate.Reached.WaitAsync(Cancel);

        bytes.Dispose();
        bytes.Dispose();
        gate.Open();

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        using var lease = _cache.Store.TryOpen(_blob.Digest);
        Assert.Equal(_blob.Bytes, await Reading.AllAsync(lease!));
    }

    [Fact]
    public async Task ClientThatLeavesBeforeTheAnswer_LeavesTheFillToOthers()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(_blob, Answers.Silent(gate));
        using var impatient = new CancellationTokenSource();
        var first = _cache.Store.JoinOrStartAsync(_blob.Digest, 0, upstream.Open, impatient.Token).AsTask();
        var second = ReadWholeAsync(upstream);
        await gate.Reached.WaitAsync(Cancel);

        await impatient.CancelAsync();
        gate.Open();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(CacheOutcome.Joined, await second);
        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        AssertNothingHeld(_blob.Length);
    }

    [Fact]
    public async Task WrongBytes_AreThrownAwayAndFetchedOnceMore()
    {
        var upstream = new FakeUpstream(_blob, Answers.WrongBytes);
        using var bytes = await _cache.JoinAsync(_blob, upstream);

        var read = await Reading.AllAsync(bytes);

        Assert.True(read.Length < _blob.Length);
        Assert.Equal(FetchError.DigestMismatch, bytes.Failure?.Error);
        Assert.Equal(["failed", "published"], await _cache.Measures.NextTwoEndsAsync());
        Assert.Equal(1, _cache.Measures.Mismatches);
        Assert.Equal([0, 0], upstream.Offsets);
        using var lease = _cache.Store.TryOpen(_blob.Digest);
        Assert.Equal(_blob.Bytes, await Reading.AllAsync(lease!));
    }

    [Fact]
    public async Task BytesThatStayWrong_AreFetchedTwiceAndNeverWhole()
    {
        var upstream = new FakeUpstream(_blob) { Otherwise = Answers.WrongBytes };
        using (var bytes = await _cache.JoinAsync(_blob, upstream))
        {
            Assert.True((await Reading.AllAsync(bytes)).Length < _blob.Length);
        }

        Assert.Equal(["failed", "failed"], await _cache.Measures.NextTwoEndsAsync());

        Assert.Equal(2, _cache.Measures.Mismatches);
        Assert.Equal(2, upstream.Offsets.Length);
        Assert.Equal(0, _cache.Measures.ActiveFills);
        Assert.Null(_cache.Store.TryOpen(_blob.Digest));
        Assert.Equal(["lock", "version"], _folder.Files);
        AssertNothingHeld(0);
    }

    [Fact]
    public async Task UpstreamThatDiesInTheMiddle_LeavesAPartialThatTheNextClientGoesOnWith()
    {
        var dying = new FakeUpstream(_blob, Answers.CutAt(2 * MiB)) { Otherwise = Answers.Fails(FetchError.Refused) };
        using (var bytes = await _cache.JoinAsync(_blob, dying))
        {
            Assert.Equal(_blob.Bytes[..(2 * MiB)], await Reading.AllAsync(bytes));
            Assert.Equal(FetchError.Refused, bytes.Failure?.Error);
        }

        Assert.Equal("kept", await _cache.Measures.NextEndAsync());
        Assert.Equal(_blob.Length, _cache.Eviction.UsedBytes);
        var received = _cache.Measures.UpstreamBytes;
        var alive = new FakeUpstream(_blob);

        using (var bytes = await _cache.JoinAsync(_blob, alive))
        {
            Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes));
        }

        Assert.Equal("published", await _cache.Measures.NextEndAsync());
        Assert.Equal([2 * MiB], alive.Offsets);
        Assert.Equal(MiB, _cache.Measures.UpstreamBytes - received);
        AssertNothingHeld(_blob.Length);
    }

    [Theory]
    [InlineData(FetchError.NotFound)]
    [InlineData(FetchError.Unreachable)]
    [InlineData(FetchError.Throttled)]
    [InlineData(FetchError.BadAnswer)]
    public async Task RegistryThatSaysNoAtOnce_IsPassedOnAndLeavesNothing(object error)
    {
        var upstream = new FakeUpstream(_blob, Answers.Fails((FetchError)error));

        var (bytes, failure) = await _cache.Store.JoinOrStartAsync(_blob.Digest, 0, upstream.Open, Cancel);

        Assert.Null(bytes);
        Assert.Equal((FetchError)error, failure?.Error);
        Assert.Equal("failed", await _cache.Measures.NextEndAsync());
        Assert.Equal(["lock", "version"], _folder.Files);
        AssertNothingHeld(0);
    }

    [Fact]
    public async Task LittleOfABlob_IsNotKept()
    {
        var upstream = new FakeUpstream(_blob, Answers.CutAt(MiB / 2)) { Otherwise = Answers.Fails(FetchError.Refused) };

        using (var bytes = await _cache.JoinAsync(_blob, upstream))
        {
            await Reading.AllAsync(bytes);
        }

        Assert.Equal("failed", await _cache.Measures.NextEndAsync());
        Assert.Equal(["lock", "version"], _folder.Files);
        AssertNothingHeld(0);
    }

    [Fact]
    public async Task ExceptionNobodyExpected_EndsTheFillAndLeavesNothing()
    {
        var upstream = new FakeUpstream(_blob, Answers.CutAt(2 * MiB)) { Otherwise = Answers.Bug };

        using (var bytes = await _cache.JoinAsync(_blob, upstream))
        {
            Assert.Equal(2 * MiB, (await Reading.AllAsync(bytes)).Length);
            Assert.NotNull(bytes.Failure);
        }

        Assert.Equal("failed", await _cache.Measures.NextEndAsync());
        Assert.Equal(["lock", "version"], _folder.Files);
        AssertNothingHeld(0);
    }

    [Fact]
    public async Task DisposedInTheMiddle_KeepsWhatArrivedAndTellsReaders()
    {
        var gate = new Gate();
        var upstream = new FakeUpstream(_blob, Answers.HeldAt(2 * MiB, gate));
        using var bytes = await _cache.JoinAsync(_blob, upstream);
        await gate.Reached.WaitAsync(Cancel);
        await Reading.FromAsync(bytes, 0, 2 * MiB); // all of it is in the file
        var reading = Reading.AllAsync(bytes);

        await _cache.Fills.DisposeAsync();

        Assert.Equal(_blob.Bytes[..(2 * MiB)], await reading);
        Assert.Equal(FetchError.Stopping, bytes.Failure?.Error);
        Assert.Equal("kept", await _cache.Measures.NextEndAsync());
        Assert.Equal(2, Directory.GetFiles(_cache.Directory.Partials).Length);
    }

    [Fact]
    public async Task ClientAfterDispose_IsToldThatTheProxyStops()
    {
        await _cache.Fills.DisposeAsync();
        var upstream = new FakeUpstream(_blob);

        var (_, failure) = await _cache.Store.JoinOrStartAsync(_blob.Digest, 0, upstream.Open, Cancel)
            .AsTask().WaitAsync(Reading.Patience, Cancel);

        Assert.Equal(FetchError.Stopping, failure?.Error);
        Assert.Empty(upstream.Offsets);
        AssertNothingHeld(0);
    }

    [Fact]
    public async Task DisposedTwice_IsHarmless()
    {
        await _cache.Fills.DisposeAsync();

        await _cache.Fills.DisposeAsync();
    }

    [Fact]
    public async Task BlobLargerThanTheCache_IsRefusedAndIsNoTroubleOfTheDisk()
    {
        using var folder = new TempFolder();
        await using var small = new CacheParts(CacheParts.OptionsIn(folder) with { SizeBytes = _blob.Length - 1 });

        var (_, failure) = await small.Store.JoinOrStartAsync(_blob.Digest, 0, new FakeUpstream(_blob).Open, Cancel);

        Assert.Equal(FetchError.Storage, failure?.Error);
        Assert.Equal("failed", await small.Measures.NextEndAsync());
        Assert.Equal(["lock", "version"], folder.Files);
        Assert.Equal(0, small.Eviction.UsedBytes);
        Assert.Null(small.Fills.Trouble);
    }

    [Fact]
    public async Task DiskWithoutRoomAboveItsFloor_IsRefused()
    {
        using var folder = new TempFolder();
        await using var full = new CacheParts(CacheParts.OptionsIn(folder) with { FreeSpaceBytes = 1L << 60 });

        var (_, failure) = await full.Store.JoinOrStartAsync(_blob.Digest, 0, new FakeUpstream(_blob).Open, Cancel);

        Assert.Equal(FetchError.Storage, failure?.Error);
        Assert.Equal("failed", await full.Measures.NextEndAsync());
        Assert.Equal(["lock", "version"], folder.Files);
        Assert.Equal(0, full.Eviction.UsedBytes);
        Assert.Equal(failure, full.Fills.Trouble);
    }

    [Fact]
    public async Task PartialsThatCannotBeMade_AreTroubleUntilTheDiskWorksAgain()
    {
        Directory.Delete(_cache.Directory.Partials);
        File.WriteAllText(_cache.Directory.Partials, "in the way");

        var (_, failure) = await _cache.Store.JoinOrStartAsync(_blob.Digest, 0, new FakeUpstream(_blob).Open, Cancel);

        Assert.Equal(FetchError.Storage, failure?.Error);
        Assert.Equal("failed", await _cache.Measures.NextEndAsync());
        Assert.NotNull(_cache.Fills.Trouble);
        AssertNothingHeld(0);
        File.Delete(_cache.Directory.Partials);
        Directory.CreateDirectory(_cache.Directory.Partials);
        await _cache.StoreAsync(_blob);
        Assert.Null(_cache.Fills.Trouble);
    }

    [Fact]
    public async Task BlobThatCannotBePublished_ReachesItsReadersAllTheSame()
    {
        Directory.CreateDirectory(_cache.Directory.Blob(_blob.Digest)); // a directory stands where the file should
        using (var bytes = await _cache.JoinAsync(_blob, new FakeUpstream(_blob)))
        {
            Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes));
        }

        Assert.Equal("failed", await _cache.Measures.NextEndAsync());

        Assert.Equal(FetchError.Storage, _cache.Fills.Trouble?.Error);
        Assert.Empty(Directory.GetFiles(_cache.Directory.Partials));
        AssertNothingHeld(0);
    }

    private async Task<CacheOutcome> ReadWholeAsync(FakeUpstream upstream)
    {
        using var bytes = await _cache.JoinAsync(_blob, upstream);
        Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes));
        return bytes.Outcome;
    }

    /// <summary>No reservation is left, and no pin: what is stored can be evicted to the last byte.</summary>
    private void AssertNothingHeld(long storedBytes)
    {
        Assert.Equal(storedBytes, _cache.Index.Bytes);
        Assert.Equal(storedBytes, _cache.Eviction.UsedBytes);
    }
}
