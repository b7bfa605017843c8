using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>
/// Keeps the cache within its bytes and the disk above its floor: what was used least recently goes first, never what is
/// being sent.
/// </summary>
/// <remarks>Room is reserved before a download begins, so that a layer that cannot be stored is known at its first byte.</remarks>
internal sealed partial class Eviction(
    CacheOptions options, CacheDirectory directory, ContentIndex index, KeptPartials kept, ProxyMetrics metrics, ILogger<Eviction> logger)
{
    private readonly Lock _gate = new(); // one at a time: two that look at the same free space would both take it
    private long _reserved;

    /// <summary>Bytes of stored blobs, of downloads in progress and of kept ones.</summary>
    public long UsedBytes => index.Bytes + Volatile.Read(ref _reserved);

    /// <summary>
    /// Makes room for a download. Null: the bytes are reserved until <see cref="Publish"/> or <see cref="Release"/>.
    /// </summary>
    public FetchFailure? Reserve(long bytes)
    {
        if (bytes > options.SizeBytes)
        {
            return new FetchFailure(
                FetchError.Storage, $"A blob of {bytes} bytes is larger than the whole cache (Cache.Size is {options.SizeBytes}).")
            {
                TotalBytes = bytes,
            };
        }

        lock (_gate)
        {
            if (!MakeRoom(bytes))
            {
                return new FetchFailure(
                    FetchError.Storage, $"The cache's disk has no room for {bytes} bytes (Cache.FreeSpace is {options.FreeSpaceBytes}).");
            }

            Interlocked.Add(ref _reserved, bytes); // others give back without the gate
            return null;
        }
    }

    /// <summary>Takes what stands on disk already into account, as at start. False: it is larger than the whole cache.</summary>
    public bool TryAdopt(long bytes)
    {
        if (bytes > options.SizeBytes)
        {
            return false;
        }

        Interlocked.Add(ref _reserved, bytes);
        return true;
    }

    /// <summary>Gives reserved bytes back: the download is gone.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);

    /// <summary>
    /// Puts a download in its place: from then on the index counts it, and what was reserved for it is given back. Nobody makes
    /// room in between: it counts twice there, and another blob would have to go for it.
    /// </summary>
    public void Publish(DigestKey key, long bytes, DateTimeOffset now, Action putInPlace)
    {
        lock (_gate)
        {
            putInPlace();
            index.Touch(key, bytes, now);
            Release(bytes);
        }
    }

    /// <summary>Brings what was found at start within limits that may have become smaller.</summary>
    public void Enforce()
    {
        lock (_gate)
        {
            MakeRoom(0);
        }
    }

    private bool MakeRoom(long bytes)
    {
        if (!CanMakeRoom(bytes))
        {
            return false; // what can never fit empties no cache
        }

        var (blobs, freed) = (0, 0L);
        while (UsedBytes + bytes > options.SizeBytes || directory.FreeBytes() - bytes < options.FreeSpaceBytes)
        {
            if (kept.DropOldest(Release))
            {
                continue;
            }

            if (!index.TryTakeOldest(out var key, out var size))
            {
                break;
            }

            Remove(key, size);
            (blobs, freed) = (blobs + 1, freed + size);
        }

        if (blobs > 0)
        {
            metrics.Evicted(blobs, freed);
            Log.Evicted(logger, blobs, freed);
        }

        return UsedBytes + bytes <= options.SizeBytes && directory.FreeBytes() - bytes >= options.FreeSpaceBytes;
    }

    private bool CanMakeRoom(long bytes)
    {
        var removable = index.UnpinnedBytes + kept.Bytes;
        return UsedBytes - removable + bytes <= options.SizeBytes
            && (bytes == 0 || directory.FreeBytes() + removable - bytes >= options.FreeSpaceBytes);
    }

    private void Remove(DigestKey key, long size)
    {
        try
        {
            if (CacheDirectory.Find(directory.Blobs, key) is { } path)
            {
                CacheDirectory.Remove(path);
            }
        }
        catch
        {
            index.AddOldest(key, size, DateTimeOffset.UnixEpoch); // still there, and still the first to go
            throw;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4010, LogLevel.Information, "Removed {Blobs} least recently used blobs, {Bytes} bytes, to make room")]
        public static partial void Evicted(ILogger logger, int blobs, long bytes);
    }
}
