using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>Finds at start what is on disk and in which order it was used. Hits are served meanwhile.</summary>
internal static class StartScan
{
    // Nobody takes this long to write a manifest: what is older was left by a process that died.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    // Links lead out of the cache, or round and round; what may not be read cannot be served either.
    private static readonly EnumerationOptions WithoutLinks = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint,
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
    };

    /// <summary>Fills the index. Files that are no content under their own digest's name are left alone.</summary>
    public static void Run(string contents, ContentIndex index, TimeProvider time, CancellationToken cancel)
    {
        var leftoverBefore = time.GetUtcNow().UtcDateTime - LeftoverAge;
        var found = new List<(DigestKey Key, long Size, DateTime LastUsed)>();
        foreach (var algorithm in new DirectoryInfo(contents).EnumerateDirectories())
        {
            foreach (var file in algorithm.EnumerateFiles("*", WithoutLinks))
            {
                cancel.ThrowIfCancellationRequested();
                if (Digest.TryParse($"{algorithm.Name}:{file.Name}", out var digest))
                {
                    if (file.FullName == CacheDirectory.Content(contents, digest) && SizeOf(file) is { } size)
                    {
                        found.Add((DigestKey.Of(digest), size, file.LastWriteTimeUtc));
                    }
                }
                else if (file.Name.EndsWith(AtomicFile.LeftoverSuffix, StringComparison.Ordinal) && file.LastWriteTimeUtc < leftoverBefore)
                {
                    file.Delete();
                }
            }
        }

        found.Sort(static (a, b) => b.LastUsed.CompareTo(a.LastUsed)); // newest first: each next one is older than all before
        foreach (var (key, size, lastUsed) in found)
        {
            index.AddOldest(key, size, new DateTimeOffset(lastUsed, TimeSpan.Zero));
        }
    }

    /// <summary>In bytes; null where the file was evicted since its name was read.</summary>
    private static long? SizeOf(FileInfo file)
    {
        try
        {
            return file.Length;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
