using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>
/// One answer about a tag on disk: <c>REPOSITORY/_tags/TAG/ACCEPT.tag</c> with the digest on one line and the time on the
/// next.
/// </summary>
internal static class TagFile
{
    public const string Suffix = ".tag";

    private const string Folder = "_tags"; // no component of a repository's name begins with an underscore
    private const int AcceptHashBytes = 8; // a handful of Accept values per tag: 64 bits tell them apart
    private const int BytesMax = 4096;

    public static string PathOf(string repository, string tag, AcceptKey accept)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(accept.ToString()));
        return Path.Combine(repository, Folder, tag, Convert.ToHexStringLower(hash.AsSpan(0, AcceptHashBytes)) + Suffix);
    }

    /// <summary>What was written about a tag, whatever was accepted.</summary>
    public static IEnumerable<TagEntry> ReadAll(string repository, string tag)
    {
        var folder = Path.Combine(repository, Folder, tag);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*" + Suffix).Select(Read).OfType<TagEntry>()
            : [];
    }

    /// <summary>The tags of a repository about which something was written.</summary>
    public static IEnumerable<string> Tags(string repository)
    {
        var folder = Path.Combine(repository, Folder);
        return Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(static tag => Path.GetFileName(tag)) : [];
    }

    /// <summary>What was written; null where there is none or it is damaged.</summary>
    /// <exception cref="IOException">It is a link, or the disk refuses.</exception>
    public static TagEntry? Read(string path) =>
        PlainFile.Lines(path, BytesMax) is [var name, var at]
            && Digest.TryParse(name, out var digest)
            && DateTimeOffset.TryParseExact(at, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var checkedAt)
                ? new TagEntry(digest, checkedAt)
                : null;

    /// <summary>Removes everything that was written about a tag.</summary>
    public static void DeleteAll(string repository, string tag)
    {
        var folder = Path.Combine(repository, Folder, tag);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Removes an answer, and with the last one of a tag its directory.</summary>
    public static void Delete(string path)
    {
        CacheDirectory.Remove(path);
        try
        {
            Directory.Delete(Path.GetDirectoryName(path)!);
        }
        catch (IOException)
        {
            // other answers are left in it, or one is being written
        }
    }

    public static byte[] Text(TagEntry entry) => Encoding.ASCII.GetBytes($"{entry.Digest}\n{entry.CheckedAt.ToUniversalTime():O}\n");
}
