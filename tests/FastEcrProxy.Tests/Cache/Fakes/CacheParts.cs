using FastEcrProxy.Cache;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>The parts of a cache put together as <c>DiskCache</c> does it, each within reach of a test.</summary>
internal sealed class CacheParts : IAsyncDisposable
{
    public CacheParts(CacheOptions options, TimeProvider? time = null)
    {
        Time = time ?? new ImpatientClock();
        Directory = CacheDirectory.Open(options.Directory);
        Kept = new KeptPartials(Directory);
        Eviction = new Eviction(options, Directory, Index, Kept, Measures.Metrics, NullLogger<Eviction>.Instance);
        Partials = new PartialFiles(Directory, Eviction, Kept, Time, NullLogger<PartialFiles>.Instance);
        Fills = new FillTable(
            options, Directory, Index, Eviction, Partials, new Disk(Time), Time, Measures.Metrics, NullLogger<FillTable>.Instance);
        Store = new BlobStore(Directory, Index, Fills, Time, NullLogger<BlobStore>.Instance);
    }

    public CacheParts(TempFolder folder, TimeProvider? time = null)
        : this(OptionsIn(folder), time)
    {
    }

    public TimeProvider Time { get; }

    public CacheMeasures Measures { get; } = new();

    public ContentIndex Index { get; } = new();

    public CacheDirectory Directory { get; }

    public KeptPartials Kept { get; }

    public Eviction Eviction { get; }

    public PartialFiles Partials { get; }

    public FillTable Fills { get; }

    public BlobStore Store { get; }

    /// <summary>Room for every test's blobs, and no floor: the machine's disk may be as full as it likes.</summary>
    public static CacheOptions OptionsIn(TempFolder folder) =>
        new() { Directory = folder.Path, SizeBytes = 1L << 30, FreeSpaceBytes = 0 };

    public async Task<IBlobBytes> JoinAsync(SampleBlob blob, FakeUpstream upstream, long firstOffset = 0)
    {
        var (bytes, failure) = await Store.JoinOrStartAsync(
            blob.Digest, firstOffset, upstream.Open, TestContext.Current.CancellationToken);
        Assert.Null(failure);
        return bytes!;
    }

    /// <summary>Downloads a blob and reads it to its end, so that it is published afterwards.</summary>
    public async Task StoreAsync(SampleBlob blob)
    {
        using (var bytes = await JoinAsync(blob, new FakeUpstream(blob)))
        {
            Assert.Equal(blob.Bytes, await Reading.AllAsync(bytes));
        }

        Assert.Equal("published", await Measures.NextEndAsync());
    }

    /// <summary>Writes a blob to where the cache has it, as an earlier process did.</summary>
    public void Plant(SampleBlob blob)
    {
        var path = Directory.Blob(blob.Digest);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, blob.Bytes);
    }

    public async ValueTask DisposeAsync()
    {
        await Fills.DisposeAsync();
        Directory.Dispose();
        Measures.Dispose();
    }
}
