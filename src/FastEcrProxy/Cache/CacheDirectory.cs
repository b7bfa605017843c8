using System.Globalization;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>Where everything stands on disk (docs/cache-on-disk.md), and the lock that keeps a second proxy out.</summary>
/// <remarks>
/// It is the owner's alone, and links in it are not followed: who could put one there could have the proxy serve or overwrite any file.
/// The directory itself may be a link, and stand behind others: operators do that.
/// </remarks>
internal sealed partial class CacheDirectory : IDisposable
{
    private const string LayoutVersion = "1";
    private const int VersionBytesMax = 4096; // a number and a newline

    private readonly SafeFileHandle _lock;
    private readonly ILogger? _logger;

    private CacheDirectory(string root, SafeFileHandle heldLock, ILogger? logger) => (Root, _lock, _logger) = (root, heldLock, logger);

    public string Root { get; }

    public string Blobs => Path.Combine(Root, "blobs");

    public string Manifests => Path.Combine(Root, "manifests");

    public string Partials => Path.Combine(Root, "partial");

    public string Repositories => Path.Combine(Root, "repositories");

    /// <summary>Makes the root if it is missing, for its owner alone: layers may be private. One that is there stays as it is.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string root) => Directory.CreateDirectory(root, PlainDirectory.OwnerOnly);

    /// <summary>Who else may get at the directory, in words that follow its name; null where nobody may, or nobody knows.</summary>
    public static string? WhoElse(string root)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var others = File.GetUnixFileMode(root) & ~(PlainDirectory.OwnerOnly | UnixFileMode.SetGroup | UnixFileMode.StickyBit);
        var isOthers = Libc.IsThere && Libc.OwnerOf(root) is { } owner && owner != Libc.User && owner != 0;
        return (others, isOthers) switch
        {
            (0, false) => null,
            (_, true) => "belongs to another user, who can read and change what the proxy serves: give it to the proxy's user",
            _ => $"is open to other users of this machine (mode {Convert.ToString((int)File.GetUnixFileMode(root), 8)}): "
                + "chmod 700 keeps what is private to the proxy",
        };
    }

    /// <summary>Makes what is missing and locks it.</summary>
    /// <param name="root">Where; may be a link.</param>
    /// <param name="logger">Told of what does not belong there; null for nobody.</param>
    /// <exception cref="IOException">It cannot be used: another proxy has it, it is of another version, or the disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static CacheDirectory Open(string root, ILogger? logger = null)
    {
        root = Path.GetFullPath(root);
        Make(root);
        root = PlainFile.RealPath(root);
        if (WhoElse(root) is { } whoElse && logger is not null)
        {
            Log.OpenToOthers(logger, root, whoElse);
        }

        var heldLock = Lock(root);
        try
        {
            CheckVersion(root);
            var directory = new CacheDirectory(root, heldLock, logger);
            foreach (var part in (string[])[directory.Blobs, directory.Manifests, directory.Partials, directory.Repositories])
            {
                RefuseLink(part); // perhaps the operator's own, to another disk: not removed without a word
                directory.MakeInside(part);
            }

            return directory;
        }
        catch
        {
            heldLock.Dispose();
            throw;
        }
    }

    public string Blob(Digest digest) => Content(Blobs, digest);

    public string Manifest(Digest digest) => Content(Manifests, digest);

    public string Partial(Digest digest) => Path.Combine(Partials, $"{digest.Algorithm}-{digest.Hex}");

    /// <summary>What is known of a repository. No repository's name begins with <c>@</c>, as a scope's directory does.</summary>
    public string Repository(RepositoryKey repository) => repository.Scope.Length == 0
        ? Path.Combine(Repositories, repository.Repository.ToString())
        : Path.Combine(Repositories, $"@{repository.Scope}", repository.Repository.ToString());

    /// <summary>Where content of a digest stands below <see cref="Blobs"/> or <see cref="Manifests"/>.</summary>
    public static string Content(string contents, Digest digest) =>
        Path.Combine(contents, digest.Algorithm.ToString(), digest.Hex[..2].ToString(), digest.Hex.ToString());

    /// <summary>The file of an entry of the index; null where it has gone already.</summary>
    public static string? Find(string contents, DigestKey key)
    {
        var algorithm = key.IsSha512 ? "sha512" : "sha256";
        var shelf = Path.Combine(contents, algorithm, key.Hex[..2]);
        if (!key.IsSha512)
        {
            return Path.Combine(shelf, key.Hex);
        }

        return Directory.Exists(shelf) ? Directory.EnumerateFiles(shelf, key.Hex + "*").FirstOrDefault() : null;
    }

    /// <summary>Makes a directory in this one, with those between; links in their place are removed.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public void MakeInside(string path)
    {
        if (!Directory.Exists(Root))
        {
            Make(Root); // somebody emptied the cache by hand
        }

        PlainDirectory.Make(Root, path, LinkRemoved);
    }

    /// <summary>Writes a small file in this directory: whole or not at all, and never behind a link.</summary>
    /// <exception cref="IOException">The disk failed or is full; what was there before is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(string path, ReadOnlySpan<byte> content)
    {
        MakeInside(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, content);
    }

    /// <summary>Deletes a file. One that has gone already, alone or with its directory, is as good as deleted.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be deleted.</exception>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // somebody emptied the cache by hand
        }
    }

    /// <summary>Bytes that the filesystem still gives to this user.</summary>
    public long FreeBytes() => new DriveInfo(Root).AvailableFreeSpace;

    public void Dispose() => _lock.Dispose();

    private static SafeFileHandle Lock(string root)
    {
        var path = Path.Combine(root, "lock");
        RefuseLink(path); // it is written to
        try
        {
            // Held by the kernel for as long as the process lives: a killed proxy leaves no lock behind.
            var handle = PlainFile.Create(path, FileShare.None, orOpen: true);
            Sign(handle);
            return handle;
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new DirectoryInUseException();
        }
    }

    /// <summary>Says whose lock it is, to people: a full disk is no reason not to start.</summary>
    private static void Sign(SafeFileHandle heldLock)
    {
        try
        {
            RandomAccess.SetLength(heldLock, 0);
            RandomAccess.Write(heldLock, System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"), 0);
        }
        catch (IOException)
        {
            // the lock is held all the same
        }
    }

    private static void CheckVersion(string root)
    {
        var path = Path.Combine(root, "version");
        if (PlainFile.TryRead(path, VersionBytesMax) is not { } bytes)
        {
            AtomicFile.Write(path, System.Text.Encoding.ASCII.GetBytes(LayoutVersion + "\n"));
            return;
        }

        var found = System.Text.Encoding.ASCII.GetString(bytes).Trim();
        if (found.Length > 0 && found != LayoutVersion)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"written by another version (layout {found}, not {LayoutVersion}); empty it or name another directory"));
        }
    }

    private static void RefuseLink(string path)
    {
        if (PlainDirectory.IsLink(path))
        {
            throw new IOException($"{path} is a link, and links in the cache are not followed; remove it");
        }
    }

    private void LinkRemoved(string path)
    {
        if (_logger is not null)
        {
            Log.LinkRemoved(_logger, path);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4090, LogLevel.Warning, "The cache directory {Directory} {WhoElse}")]
        public static partial void OpenToOthers(ILogger logger, string directory, string whoElse);

        [LoggerMessage(4091, LogLevel.Warning, "{Path} is a link and has been removed: links in the cache are not followed")]
        public static partial void LinkRemoved(ILogger logger, string path);
    }
}
