using System.IO.Enumeration;
using System.Runtime.InteropServices;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>Walks over the content on disk, and removes on its way what dead processes left behind.</summary>
/// <remarks>There may be hundreds of thousands of files: none becomes a string, names are read where the system left them.</remarks>
internal sealed class ContentFiles(string contents, DateTimeOffset leftoverBefore)
    : FileSystemEnumerator<ContentFiles.Found>(contents, WithoutLinks)
{
    private const int DigestLengthMax = 256; // longer than any digest; what is longer is none

    // What the system says of a file that was evicted since its name was read.
    private static readonly DateTimeOffset Gone = new(DateTime.FromFileTimeUtc(0));

    // Links lead out of the cache, or round and round; what may not be read cannot be served either.
    private static readonly EnumerationOptions WithoutLinks = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint,
        RecurseSubdirectories = true,
        IgnoreInaccessible = true,
    };

    private Found _found;

    protected override bool ShouldIncludeEntry(ref FileSystemEntry entry)
    {
        if (entry.IsDirectory)
        {
            return false;
        }

        if (TryReadKey(ref entry, out var key))
        {
            var (lastUsed, size) = (entry.LastWriteTimeUtc, entry.Length);
            _found = new Found(key, size, lastUsed);
            return lastUsed != Gone;
        }

        if (entry.FileName.EndsWith(AtomicFile.LeftoverSuffix, StringComparison.Ordinal) && entry.LastWriteTimeUtc < leftoverBefore)
        {
            CacheDirectory.Remove(entry.ToFullPath());
        }

        return false;
    }

    protected override Found TransformEntry(ref FileSystemEntry entry) => _found;

    /// <summary>Of content that stands where its digest belongs: <c>ALGORITHM/FIRST-TWO-DIGITS/HEX</c>.</summary>
    private static bool TryReadKey(ref FileSystemEntry entry, out DigestKey key)
    {
        key = default;
        var shelf = entry.Directory[entry.RootDirectory.Length..]; // as in /sha256/ab
        Span<char> digest = stackalloc char[DigestLengthMax];
        return shelf.Length > "/".Length + "/ab".Length
            && shelf[^"/ab".Length] == Path.DirectorySeparatorChar
            && entry.FileName.StartsWith(shelf[^"ab".Length..], StringComparison.Ordinal)
            && digest.TryWrite($"{shelf[1..^"/ab".Length]}:{entry.FileName}", out var length)
            && DigestKey.TryParse(digest[..length], out key);
    }

    /// <summary>What was found, in few bytes: all are held until their order is known.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = sizeof(int))]
    internal readonly struct Found(DigestKey key, long size, DateTimeOffset lastUsed)
    {
        public DigestKey Key { get; } = key;

        public long Size { get; } = size;

        /// <summary>In UTC, as precise as the filesystem has it: what was stored within one second has an order, too.</summary>
        public long LastUsedTicks { get; } = lastUsed.UtcTicks;
    }
}
