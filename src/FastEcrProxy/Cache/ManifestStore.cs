using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>Manifests on disk by digest: their exact bytes and their media type. What it gives out matches its name.</summary>
/// <remarks>
/// One file each: the media type, a newline, the bytes. Small enough to be read and hashed whole, so a damaged one is
/// found when it is opened. What was read stays in memory while it is asked for, whatever becomes of the file: at most for
/// a minute without it. A disk that fails costs a question to the registry, never an answer.
/// </remarks>
internal sealed partial class ManifestStore(
    CacheDirectory directory, ContentIndex index, long bytesMax, TimeProvider time, ILogger<ManifestStore> logger)
{
    private const int MediaTypeLengthMax = 255;
    private const int FileBytesMax = StoredManifest.BytesMax + MediaTypeLengthMax;

    // Some 5,000 manifests, more images than a fleet of thousands runs at a time; a proxy for a few images uses little of it.
    private const long MemoryBytesMax = 16L << 20;

    private readonly HotManifests _hot = new(MemoryBytesMax);

    /// <summary>Number of stored manifests.</summary>
    public long Count => index.Count;

    /// <summary>Whether it is at hand, unread: what only has to be compared need not be hashed.</summary>
    public bool Contains(Digest digest) => _hot.TryGet(digest) is not null || File.Exists(directory.Manifest(digest));

    /// <summary>A stored manifest, or null.</summary>
    public StoredManifest? TryGet(Digest digest)
    {
        if (_hot.TryGet(digest) is not { } hot)
        {
            return Read(digest);
        }

        var now = time.GetUtcNow();
        if (hot.TakeStamp(now) && !Touch(hot.Manifest, now))
        {
            _hot.Remove(DigestKey.Of(digest));
        }

        return hot.Manifest;
    }

    /// <summary>Keeps a manifest whose bytes have been verified.</summary>
    public void Put(StoredManifest manifest)
    {
        if (manifest.MediaType.Length is 0 or >= MediaTypeLengthMax
            || manifest.MediaType.Contains('\n')
            || !Ascii.IsValid(manifest.MediaType))
        {
            return; // not kept, but served: an answer is worth more than its copy
        }

        var content = new byte[FileBytes(manifest)];
        Encoding.ASCII.GetBytes(manifest.MediaType, content);
        content[manifest.MediaType.Length] = (byte)'\n';
        manifest.Bytes.CopyTo(content.AsMemory(manifest.MediaType.Length + 1));
        try
        {
            directory.Write(directory.Manifest(manifest.Digest), content);
            index.Touch(DigestKey.Of(manifest.Digest), content.Length, time.GetUtcNow());
            _hot.Remove(DigestKey.Of(manifest.Digest)); // its type may be another now
            MakeRoom();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, manifest.Digest.ToString(), failure.Message);
        }
    }

    private StoredManifest? Read(Digest digest)
    {
        var path = directory.Manifest(digest);
        try
        {
            if (PlainFile.TryRead(path, FileBytesMax) is not { } content)
            {
                return null;
            }

            var newline = content.AsSpan(0, Math.Min(content.Length, MediaTypeLengthMax)).IndexOf((byte)'\n');
            if (newline > 0 && digest.IsOf(content.AsSpan(newline + 1)))
            {
                var mediaType = Encoding.ASCII.GetString(content, 0, newline);
                var manifest = new StoredManifest(digest, mediaType, content.AsMemory(newline + 1));
                var now = time.GetUtcNow();
                if (Touch(manifest, now))
                {
                    _hot.Put(new HotManifest(manifest, now));
                }

                return manifest;
            }

            Log.Damaged(logger, digest.ToString());
            index.Remove(DigestKey.Of(digest));
            CacheDirectory.Remove(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, digest.ToString(), failure.Message);
        }

        return null;
    }

    /// <summary>It was used now. False: its file has gone, and with it its place in the order of use.</summary>
    private bool Touch(StoredManifest manifest, DateTimeOffset now)
    {
        var key = DigestKey.Of(manifest.Digest);
        if (!index.Touch(key, FileBytes(manifest), now))
        {
            return true;
        }

        try
        {
            File.SetLastWriteTimeUtc(directory.Manifest(manifest.Digest), now.UtcDateTime); // the order survives a restart
        }
        catch (IOException failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            index.Remove(key);
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // a read-only disk serves manifests all the same
        }

        return true;
    }

    private static int FileBytes(StoredManifest manifest) => manifest.MediaType.Length + 1 + manifest.Bytes.Length;

    private void MakeRoom()
    {
        while (index.Bytes > bytesMax && index.TryTakeOldest(out var key, out _))
        {
            _hot.Remove(key);
            if (CacheDirectory.Find(directory.Manifests, key) is { } path)
            {
                CacheDirectory.Remove(path);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4040, LogLevel.Error, "The manifest {Digest} is damaged on disk: removed, it will be fetched again")]
        public static partial void Damaged(ILogger logger, string digest);

        [LoggerMessage(4041, LogLevel.Warning, "The cache's disk failed on the manifest {Digest}: {Reason}")]
        public static partial void DiskFailed(ILogger logger, string digest, string reason);
    }
}
