using FastEcrProxy.Cache;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>Opens whole caches, one after the other, on one directory: each is a new process.</summary>
internal sealed class OpenCaches : IDisposable
{
    public TempFolder Folder { get; } = new();

    public ImpatientClock Clock { get; } = new();

    /// <summary>Of the cache that was opened last.</summary>
    public CacheMeasures Measures { get; private set; } = new();

    public CacheOptions Options { get; set; } = new() { SizeBytes = 1L << 30, FreeSpaceBytes = 0 };

    public string PathOf(string folder, SampleBlob blob) => Path.Combine(
        Folder.Path, folder, "sha256", blob.Digest.Hex[..2].ToString(), blob.Digest.Hex.ToString());

    public string PartialOf(SampleBlob blob) => Path.Combine(Folder.Path, "partial", $"sha256-{blob.Digest.Hex}");

    public DiskCache Open()
    {
        Measures.Dispose();
        Measures = new CacheMeasures();
        return DiskCache.Open(
            Options with { Directory = Folder.Path }, new Disk(Clock), Clock, Measures.Metrics, NullLoggerFactory.Instance);
    }

    public async Task<DiskCache> OpenScannedAsync()
    {
        var cache = Open();
        await cache.Scanned;
        return cache;
    }

    /// <summary>Leaves a partial with these bytes present, as a process that was stopped in the middle does.</summary>
    public void LeavePartial(SampleBlob blob, params (long Start, long End)[] present)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PartialOf(blob))!);
        var bytes = new byte[blob.Length];
        foreach (var (start, end) in present)
        {
            blob.Bytes.AsSpan((int)start, (int)(end - start)).CopyTo(bytes.AsSpan((int)start));
        }

        File.WriteAllBytes(PartialOf(blob), bytes);
        PartialRecord.Write(PartialOf(blob), blob.Length, present);
    }

    public void Dispose()
    {
        Measures.Dispose();
        Folder.Dispose();
    }
}
