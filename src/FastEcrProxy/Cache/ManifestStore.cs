using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>Manifests on disk by digest: their exact bytes and their media type. What it gives out matches its name.</summary>
/// <remarks>
/// One file each: the media type, a newline, the bytes. Small enough to be read and hashed whole, so a damaged one is
/// found when it is opened. A disk that fails costs a question to the registry, never an answer.
/// </remarks>
internal sealed partial class ManifestStore(
    CacheDirectory directory, ContentIndex index, long bytesMax, TimeProvider time, ILogger<ManifestStore> logger)
{
    private const int MediaTypeLengthMax = 255;

    /// <summary>Number of stored manifests.</summary>
    public long Count => index.Count;

    /// <summary>Whether it is on disk, unread: what only has to be compared need not be hashed.</summary>
    public bool Contains(Digest digest) => File.Exists(directory.Manifest(digest));

    /// <summary>A stored manifest, or null.</summary>
    public StoredManifest? TryGet(Digest digest)
    {
        var path = directory.Manifest(digest);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            var content = File.ReadAllBytes(path);
            var newline = content.AsSpan(0, Math.Min(content.Length, MediaTypeLengthMax)).IndexOf((byte)'\n');
            if (newline > 0 && digest.IsOf(content.AsSpan(newline + 1)))
            {
                Touch(digest, path, content.Length);
                return new StoredManifest(digest, Encoding.ASCII.GetString(content, 0, newline), content.AsMemory(newline + 1));
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

    /// <summary>Keeps a manifest whose bytes have been verified.</summary>
    public void Put(StoredManifest manifest)
    {
        if (manifest.MediaType.Length is 0 or >= MediaTypeLengthMax
            || manifest.MediaType.Contains('\n')
            || !Ascii.IsValid(manifest.MediaType))
        {
            return; // not kept, but served: an answer is worth more than its copy
        }

        var content = new byte[manifest.MediaType.Length + 1 + manifest.Bytes.Length];
        Encoding.ASCII.GetBytes(manifest.MediaType, content);
        content[manifest.MediaType.Length] = (byte)'\n';
        manifest.Bytes.CopyTo(content.AsMemory(manifest.MediaType.Length + 1));
        try
        {
            AtomicFile.Write(directory.Manifest(manifest.Digest), content);
            index.Touch(DigestKey.Of(manifest.Digest), content.Length, time.GetUtcNow());
            MakeRoom();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, manifest.Digest.ToString(), failure.Message);
        }
    }

    private void Touch(Digest digest, string path, long length)
    {
        var now = time.GetUtcNow();
        if (!index.Touch(DigestKey.Of(digest), length, now))
        {
            return;
        }

        try
        {
            File.SetLastWriteTimeUtc(path, now.UtcDateTime); // the order of use survives a restart
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A read-only disk serves manifests all the same, and so does one just evicted: its bytes are at hand.
        }
    }

    private void MakeRoom()
    {
        while (index.Bytes > bytesMax && index.TryTakeOldest(out var key, out _))
        {
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
