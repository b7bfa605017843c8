using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class EvictionTests : IAsyncDisposable
{
    private const int KiB = 1024;
    private const int SizeBytes = 100 * KiB;

    private readonly TempFolder _folder = new();
    private readonly ImpatientClock _clock = new();
    private readonly CacheParts _cache;

    public EvictionTests() =>
        _cache = new CacheParts(CacheParts.OptionsIn(_folder) with { SizeBytes = SizeBytes }, _clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task FullCache_GivesUpWhatWasUsedLeastRecently()
    {
        var blobs = Blobs(3, 30 * KiB);
        foreach (var blob in blobs)
        {
            await _cache.StoreAsync(blob);
        }

        _cache.Store.TryOpen(blobs[0].Digest)!.Dispose(); // used: now the second is the oldest
        await _cache.StoreAsync(new SampleBlob(30 * KiB, seed: 99));

        Assert.Equal([true, false, true], blobs.Select(IsOnDisk));
        Assert.Equal(90 * KiB, _cache.Eviction.UsedBytes);
        Assert.Equal(1, _cache.Measures.EvictedBlobs);
    }

    [Fact]
    public async Task BlobThatCanNeverFitTheDisk_EvictsNothing()
    {
        using var folder = new TempFolder();
        await using var large = new CacheParts(CacheParts.OptionsIn(folder) with { SizeBytes = 1L << 60 }, _clock);
        var blob = new SampleBlob(30 * KiB);
        await large.StoreAsync(blob);

        var refused = large.Eviction.Reserve(large.Directory.FreeBytes() + (1L << 40));

        Assert.Equal(FetchError.Storage, refused?.Error);
        Assert.True(File.Exists(large.Directory.Blob(blob.Digest)));
    }

    [Fact]
    public async Task BlobThatIsBeingSent_IsNeverEvicted()
    {
        var blobs = Blobs(2, 40 * KiB);
        await _cache.StoreAsync(blobs[0]);
        await _cache.StoreAsync(blobs[1]);

        using (_cache.Store.TryOpen(blobs[0].Digest))
        using (_cache.Store.TryOpen(blobs[1].Digest))
        {
            var refused = _cache.Eviction.Reserve(40 * KiB);

            Assert.Equal(FetchError.Storage, refused?.Error);
            Assert.All(blobs, blob => Assert.True(IsOnDisk(blob)));
        }

        Assert.Null(_cache.Eviction.Reserve(40 * KiB)); // the leases have gone, and their pins with them
        Assert.False(IsOnDisk(blobs[0]));
    }

    [Fact]
    public async Task LeaseDisposedTwice_LeavesTheOtherLeasesPin()
    {
        var blob = new SampleBlob(60 * KiB);
        await _cache.StoreAsync(blob);
        using var other = _cache.Store.TryOpen(blob.Digest);
        var lease = _cache.Store.TryOpen(blob.Digest)!;

        lease.Dispose();
        lease.Dispose();

        Assert.NotNull(_cache.Eviction.Reserve(60 * KiB));
        Assert.True(IsOnDisk(blob));
    }

    [Fact]
    public async Task BlobReadToItsEndByAnOpenFill_IsNotEvictedEither()
    {
        var blob = new SampleBlob(60 * KiB);
        var reader = await _cache.JoinAsync(blob, new FakeUpstream(blob));
        await Reading.AllAsync(reader);
        await _cache.Measures.NextEndAsync();

        Assert.NotNull(_cache.Eviction.Reserve(60 * KiB));
        reader.Dispose();

        Assert.Null(_cache.Eviction.Reserve(60 * KiB));
        Assert.False(IsOnDisk(blob));
    }

    [Fact]
    public void OrderOfUse_SurvivesARestart()
    {
        var blobs = Blobs(3, 30 * KiB);
        int[] minutesAgo = [20, 30, 10];
        foreach (var (blob, minutes) in blobs.Zip(minutesAgo))
        {
            _cache.Plant(blob);
            File.SetLastWriteTimeUtc(_cache.Directory.Blob(blob.Digest), _clock.GetUtcNow().UtcDateTime.AddMinutes(-minutes));
        }

        StartScan.Run(_cache.Directory.Blobs, _cache.Index, _clock, Cancel);
        Assert.Null(_cache.Eviction.Reserve(50 * KiB));

        Assert.Equal([false, false, true], blobs.Select(IsOnDisk));
    }

    [Fact]
    public void UseOfABlob_IsStampedOnItsFileOnceAMinute()
    {
        var blob = new SampleBlob(KiB);
        _cache.Plant(blob);
        var path = _cache.Directory.Blob(blob.Digest);
        _cache.Store.TryOpen(blob.Digest)!.Dispose();
        var first = File.GetLastWriteTimeUtc(path);

        _clock.Advance(TimeSpan.FromSeconds(30));
        _cache.Store.TryOpen(blob.Digest)!.Dispose();
        var soon = File.GetLastWriteTimeUtc(path);
        _clock.Advance(TimeSpan.FromSeconds(31));
        _cache.Store.TryOpen(blob.Digest)!.Dispose();

        Assert.Equal(first, soon);
        Assert.Equal(_clock.GetUtcNow().UtcDateTime, File.GetLastWriteTimeUtc(path), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void SmallerLimit_IsEnforced()
    {
        var blobs = Blobs(5, 30 * KiB);
        foreach (var blob in blobs)
        {
            _cache.Plant(blob);
        }

        StartScan.Run(_cache.Directory.Blobs, _cache.Index, _clock, Cancel);

        _cache.Eviction.Enforce();

        Assert.Equal(90 * KiB, _cache.Eviction.UsedBytes);
        Assert.Equal(3, blobs.Count(IsOnDisk));
    }

    [Fact]
    public void KeptPartial_GoesBeforeAnyBlob()
    {
        var blob = new SampleBlob(30 * KiB);
        _cache.Plant(blob);
        _cache.Store.TryOpen(blob.Digest)!.Dispose();
        var unfinished = new SampleBlob(50 * KiB, seed: 2);
        Assert.Null(_cache.Eviction.Reserve(unfinished.Length));
        File.WriteAllBytes(_cache.Directory.Partial(unfinished.Digest), unfinished.Bytes);
        _cache.Kept.Add(unfinished.Digest, unfinished.Length);

        Assert.Null(_cache.Eviction.Reserve(50 * KiB));

        Assert.False(File.Exists(_cache.Directory.Partial(unfinished.Digest)));
        Assert.True(IsOnDisk(blob));
        Assert.Equal(80 * KiB, _cache.Eviction.UsedBytes);
    }

    [Fact]
    public async Task ShelvesRemovedByHand_AreNoReasonToRefuse()
    {
        foreach (var blob in Blobs(3, 30 * KiB))
        {
            await _cache.StoreAsync(blob);
        }

        Directory.Delete(Path.Combine(_cache.Directory.Blobs, "sha256"), recursive: true);

        Assert.Null(_cache.Eviction.Reserve(SizeBytes));
        Assert.Equal(SizeBytes, _cache.Eviction.UsedBytes);
    }

    [Fact]
    public void PartialsRemovedByHand_AreNoReasonToRefuse()
    {
        Assert.Null(_cache.Eviction.Reserve(60 * KiB));
        _cache.Kept.Add(new SampleBlob(1).Digest, 60 * KiB);
        Directory.Delete(_cache.Directory.Partials, recursive: true);

        Assert.Null(_cache.Eviction.Reserve(60 * KiB));

        Assert.Equal(60 * KiB, _cache.Eviction.UsedBytes);
    }

    [Fact]
    public async Task BlobThatIsBeingPublished_DoesNotCountTwiceForWhoMakesRoomThen()
    {
        var (stored, arriving) = (new SampleBlob(30 * KiB), new SampleBlob(30 * KiB, seed: 2));
        await _cache.StoreAsync(stored);
        Assert.Null(_cache.Eviction.Reserve(arriving.Length));
        Task<FetchFailure?>? other = null;

        _cache.Eviction.Publish(DigestKey.Of(arriving.Digest), arriving.Length, _clock.GetUtcNow(), () =>
        {
            _cache.Plant(arriving);
            _cache.Store.TryOpen(arriving.Digest)!.Dispose(); // a client that asks at this moment: it is in the index already
            other = Task.Run(() => _cache.Eviction.Reserve(40 * KiB), Cancel);
            SpinWait.SpinUntil(() => other.IsCompleted, TimeSpan.FromMilliseconds(50)); // all the time in the world, were it let
        });

        Assert.Null(await other!);
        Assert.All([stored, arriving], blob => Assert.True(IsOnDisk(blob)));
        Assert.Equal(SizeBytes, _cache.Eviction.UsedBytes);
    }

    [Fact]
    public async Task ManyReserveAndRelease_LeaveNothingReserved()
    {
        var reserves = Task.Run(() => Repeat(5_000, () =>
        {
            Assert.Null(_cache.Eviction.Reserve(KiB));
            _cache.Eviction.Release(KiB);
        }), Cancel);
        while (!reserves.IsCompleted)
        {
            Assert.True(_cache.Eviction.TryAdopt(1));
            _cache.Eviction.Release(1);
        }

        await reserves;
        Assert.Equal(0, _cache.Eviction.UsedBytes);
    }

    private static void Repeat(int times, Action action)
    {
        for (var i = 0; i < times; i++)
        {
            action();
        }
    }

    private static SampleBlob[] Blobs(int count, int length) =>
        [.. Enumerable.Range(1, count).Select(seed => new SampleBlob(length, seed))];

    private bool IsOnDisk(SampleBlob blob) => File.Exists(_cache.Directory.Blob(blob.Digest));
}
