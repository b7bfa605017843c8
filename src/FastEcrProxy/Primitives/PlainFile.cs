using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Primitives;

/// <summary>
/// Opens files below a directory that is the proxy's own as if a stranger could write there: a link, wherever on the way it stands,
/// leads out of the directory, a pipe would hold its reader up for ever. Neither is followed, both are told of.
/// </summary>
/// <remarks>Paths are absolute, and begin with a directory's <see cref="RealPath"/>: links above it are the operator's own.</remarks>
internal static class PlainFile
{
    /// <summary>A file that is there; null where there is none.</summary>
    /// <exception cref="NotPlainException">There is a link, a pipe, a device or a directory.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static SafeFileHandle? TryOpen(string path, FileAccess access = FileAccess.Read)
    {
        if (!Libc.IsThere)
        {
            return TryOpenElsewhere(path, access);
        }

        switch (Libc.OpenWithoutLinks(path, access, out var file))
        {
            case Libc.Opened.File:
                return file;
            case Libc.Opened.Nothing:
                return null;
            case Libc.Opened.NoPlainFile:
                throw new NotPlainException(path);
            case Libc.Opened.NotAllowed:
                throw new UnauthorizedAccessException($"Access to {path} is denied.");
            default:
                throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>What a file holds; null where there is none, or where it is longer than anything that belongs there.</summary>
    /// <inheritdoc cref="TryOpen" path="/exception"/>
    public static byte[]? TryRead(string path, int bytesMax)
    {
        using var file = TryOpen(path);
        if (file is null || RandomAccess.GetLength(file) > bytesMax)
        {
            return null;
        }

        var bytes = new byte[RandomAccess.GetLength(file)];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), read) is > 0 and var more)
        {
            read += more;
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>The lines of a small text; none where there is no such file.</summary>
    /// <inheritdoc cref="TryRead" path="/exception"/>
    public static string[] Lines(string path, int bytesMax) => TryRead(path, bytesMax) is { Length: > 0 } bytes
        ? Encoding.ASCII.GetString(bytes).TrimEnd('\n').Split('\n')
        : [];

    /// <summary>Makes a file that its owner alone may read: .NET makes them for everybody.</summary>
    /// <param name="path">Nothing may be there, no link either, unless it may be <paramref name="orOpen"/>ed.</param>
    /// <param name="share">Who may open it meanwhile.</param>
    /// <param name="length">Room that is reserved for it, in bytes.</param>
    /// <param name="orOpen">Whether one that is there is opened.</param>
    /// <exception cref="IOException">The disk refuses, or there is something of that name.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static SafeFileHandle Create(string path, FileShare share = FileShare.Read, long length = 0, bool orOpen = false)
    {
        var mode = orOpen ? FileMode.OpenOrCreate : FileMode.CreateNew;
        var file = File.OpenHandle(path, mode, FileAccess.ReadWrite, share, FileOptions.None, length);
        if (!OperatingSystem.IsWindows() && (!orOpen || Libc.OwnerOf(path) == Libc.User)) // another user's keeps its own rights
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return file;
    }

    /// <summary>Writes behind what a file holds; makes it where there is none.</summary>
    /// <inheritdoc cref="TryOpen" path="/exception"/>
    public static void Append(string path, ReadOnlySpan<byte> bytes)
    {
        // CreateNew follows no link either: there must be nothing of that name.
        using var file = TryOpen(path, FileAccess.ReadWrite) ?? Create(path);
        RandomAccess.Write(file, bytes, RandomAccess.GetLength(file));
    }

    /// <summary>A directory by the name that has no link in it.</summary>
    /// <exception cref="IOException">It cannot be found out.</exception>
    public static string RealPath(string directory) => Libc.IsThere
        ? Libc.RealPath(directory) ?? throw new IOException($"{directory}: {Marshal.GetLastPInvokeErrorMessage()}")
        : new DirectoryInfo(directory).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? directory;

    private static SafeFileHandle? TryOpenElsewhere(string path, FileAccess access)
    {
        var file = new FileInfo(path);
        return file.LinkTarget is not null || Directory.Exists(path)
            ? throw new NotPlainException(path)
            : file.Exists ? File.OpenHandle(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete) : null;
    }
}

/// <summary>Something stands where a file of the proxy's own belongs: see <see cref="PlainFile"/>.</summary>
internal sealed class NotPlainException(string path)
    : IOException($"{path} is a link, or behind one, or no file at all: it is not followed");
