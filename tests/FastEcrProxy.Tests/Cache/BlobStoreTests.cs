using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class BlobStoreTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SampleBlob _blob = new(1000);
    private readonly CacheParts _cache;

    public BlobStoreTests() => _cache = new CacheParts(_folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void UnknownBlob_IsAMiss()
    {
        Assert.Null(_cache.Store.TryOpen(_blob.Digest));
        Assert.Equal(0, _cache.Store.Blobs);
    }

    [Fact]
    public async Task BlobThatTheScanHasNotFoundYet_IsServedAndCounted()
    {
        _cache.Plant(_blob);

        using var lease = _cache.Store.TryOpen(_blob.Digest);

        Assert.Equal(_blob.Bytes, await Reading.AllAsync(lease!));
        Assert.Equal(_blob.Length, _cache.Store.Bytes);
        StartScan.Run(_cache.Directory.Blobs, _cache.Index, _cache.Time, Cancel);
        Assert.Equal(_blob.Length, _cache.Store.Bytes);
    }

    [Fact]
    public async Task RemovedBlob_IsFetchedAgain()
    {
        await _cache.StoreAsync(_blob);

        _cache.Store.Remove(_blob.Digest);
        _cache.Store.Remove(_blob.Digest); // once more does no harm

        Assert.Null(_cache.Store.TryOpen(_blob.Digest));
        Assert.Equal(0, _cache.Store.Bytes);
        await _cache.StoreAsync(_blob);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1001)]
    public async Task BlobOfAnotherSizeThanWhenStored_IsRemovedAndFetchedAgain(int length)
    {
        await _cache.StoreAsync(_blob);
        await File.WriteAllBytesAsync(_cache.Directory.Blob(_blob.Digest), new byte[length], Cancel);

        Assert.Null(_cache.Store.TryOpen(_blob.Digest));

        Assert.False(File.Exists(_cache.Directory.Blob(_blob.Digest)));
        Assert.Equal(0, _cache.Store.Bytes);
        await _cache.StoreAsync(_blob);
        Assert.Equal(_blob.Length, _cache.Eviction.UsedBytes);
    }

    [Fact]
    public async Task BlobDeletedByHand_IsAMissAndNoLongerCounted()
    {
        await _cache.StoreAsync(_blob);
        File.Delete(_cache.Directory.Blob(_blob.Digest));

        Assert.Null(_cache.Store.TryOpen(_blob.Digest));

        Assert.Equal(0, _cache.Store.Bytes);
        Assert.Equal(0, _cache.Store.Blobs);
    }

    [Fact]
    public async Task BlobDeletedWhileItIsSent_IsReadToItsEnd()
    {
        await _cache.StoreAsync(_blob);
        using var lease = _cache.Store.TryOpen(_blob.Digest)!;

        File.Delete(_cache.Directory.Blob(_blob.Digest));

        Assert.Equal(_blob.Bytes, await Reading.AllAsync(lease));
    }

    [Fact]
    public async Task Lease_SaysWhatIsThere()
    {
        _cache.Plant(_blob);
        using var lease = _cache.Store.TryOpen(_blob.Digest)!;

        Assert.Equal(CacheOutcome.Hit, lease.Outcome);
        Assert.Null(lease.Failure);
        Assert.Equal(_blob.Length, await lease.ReadableAsync(0, Cancel));
        Assert.Equal(1, await lease.ReadableAsync(_blob.Length - 1, Cancel));
        Assert.Equal(0, await lease.ReadableAsync(_blob.Length, Cancel));
        Assert.Equal(0, await lease.ReadableAsync(_blob.Length + 1, Cancel));
    }

    [Fact]
    public void MissesAndDamage_LeaveNoPin()
    {
        _cache.Store.TryOpen(_blob.Digest);
        _cache.Plant(_blob);
        _cache.Index.Touch(DigestKey.Of(_blob.Digest), _blob.Length + 1, _cache.Time.GetUtcNow());
        _cache.Store.TryOpen(_blob.Digest);
        _cache.Index.Touch(DigestKey.Of(_blob.Digest), _blob.Length, _cache.Time.GetUtcNow());

        Assert.True(_cache.Index.TryTakeOldest(out _, out _));
    }

    [Fact]
    public void LeaseDisposedTwice_ClosesAndUnpinsOnce()
    {
        _cache.Plant(_blob);
        var lease = _cache.Store.TryOpen(_blob.Digest)!;

        lease.Dispose();
        lease.Dispose();

        Assert.True(lease.File.IsClosed);
        Assert.True(_cache.Index.TryTakeOldest(out _, out _));
    }

    [Fact]
    public void DirectoryInPlaceOfABlob_IsAMiss()
    {
        Directory.CreateDirectory(_cache.Directory.Blob(_blob.Digest));

        Assert.Null(_cache.Store.TryOpen(_blob.Digest));
    }

    /// <summary>The race: a client has seen a miss, and before it can join the download, that is published and over.</summary>
    [Fact]
    public async Task BlobPublishedBetweenTheLookAndTheJoin_IsAnsweredFromDisk()
    {
        Assert.Null(_cache.Store.TryOpen(_blob.Digest));
        await _cache.StoreAsync(_blob);
        var upstream = new FakeUpstream(_blob);

        using var bytes = await _cache.JoinAsync(_blob, upstream);

        Assert.Equal(CacheOutcome.Hit, bytes.Outcome);
        Assert.Empty(upstream.Offsets);
    }

    [Fact]
    public async Task ManyClientsWhileItIsEvictedAgainAndAgain_AlwaysReadExactBytes()
    {
        var upstream = new FakeUpstream(_blob);
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                using var bytes = _cache.Store.TryOpen(_blob.Digest) ?? await _cache.JoinAsync(_blob, upstream);
                Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes));
            }
        }, Cancel)).ToArray();

        while (!Task.WhenAll(clients).IsCompleted)
        {
            if (_cache.Index.TryTakeOldest(out var key, out _)) // as the evictor does it
            {
                CacheDirectory.Remove(CacheDirectory.Find(_cache.Directory.Blobs, key)!);
            }

            await Task.Yield();
        }

        await Task.WhenAll(clients);
        await _cache.Fills.DisposeAsync();
        Assert.Null(_cache.Eviction.Reserve(1L << 30));
        Assert.Equal(1L << 30, _cache.Eviction.UsedBytes);
    }
}
