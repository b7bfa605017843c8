using System.Globalization;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>Where everything stands on disk (docs/cache-on-disk.md), and the lock that keeps a second proxy out.</summary>
internal sealed class CacheDirectory : IDisposable
{
    private const string LayoutVersion = "1";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly SafeFileHandle _lock;

    private CacheDirectory(string root, SafeFileHandle heldLock) => (Root, _lock) = (root, heldLock);

    public string Root { get; }

    public string Blobs => Path.Combine(Root, "blobs");

    public string Manifests => Path.Combine(Root, "manifests");

    public string Partials => Path.Combine(Root, "partial");

    public string Repositories => Path.Combine(Root, "repositories");

    /// <summary>Makes the root if it is missing, for its owner alone: layers may be private. One that is there stays as it is.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string root) => Directory.CreateDirectory(root, OwnerOnly);

    /// <summary>Makes what is missing and locks it.</summary>
    /// <exception cref="IOException">It cannot be used: another proxy has it, it is of another version, or the disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static CacheDirectory Open(string root)
    {
        root = Path.GetFullPath(root);
        Make(root);
        var heldLock = Lock(root);
        try
        {
            CheckVersion(root);
            var directory = new CacheDirectory(root, heldLock);
            foreach (var part in (string[])[directory.Blobs, directory.Manifests, directory.Partials, directory.Repositories])
            {
                Directory.CreateDirectory(part);
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
        try
        {
            // Held by the kernel for as long as the process lives: a killed proxy leaves no lock behind.
            var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
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
        if (!File.Exists(path))
        {
            AtomicFile.Write(path, System.Text.Encoding.ASCII.GetBytes(LayoutVersion + "\n"));
            return;
        }

        var found = File.ReadAllText(path).Trim();
        if (found.Length > 0 && found != LayoutVersion)
        {
            throw new IOException(string.Create(
                CultureInfo.InvariantCulture,
                $"written by another version (layout {found}, not {LayoutVersion}); empty it or name another directory"));
        }
    }
}
