using System.Security.Cryptography;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>
/// A layer that is kept on its way to the registry: a file that grows in order, and its hash beside it. Whatever goes wrong with
/// the disk, the push does not notice.
/// </summary>
/// <param name="path">Nobody else's file, which is made here.</param>
/// <param name="reserve">Makes room for more bytes; false: there is none.</param>
/// <param name="release">Gives all room back that was made.</param>
/// <param name="disk">Takes the bytes.</param>
internal sealed class PushedBlob(string path, Func<long, bool> reserve, Action<long> release, Disk disk) : IDisposable
{
    // How much room is made at once, since nobody says beforehand how long a layer is: as much again as there is, within these.
    private const long StepBytesLeast = 1L << 20;
    private const long StepBytesMost = 64L << 20;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private SafeFileHandle? _file;
    private long _reserved;
    private bool _isDisposed;

    /// <summary>Bytes kept, from the layer's first on.</summary>
    public long Length { get; private set; }

    /// <summary>Why it is not kept after all; null while all is well.</summary>
    public FetchFailure? Failure { get; private set; }

    public string Path => path;

    /// <summary>The layer's next bytes. Never fails: what cannot be kept is not kept.</summary>
    public async ValueTask TakeAsync(ReadOnlyMemory<byte> bytes)
    {
        if (Failure is not null || _isDisposed)
        {
            return;
        }

        try
        {
            _file ??= PlainFile.Create(path);
            if (!HasRoomFor(bytes.Length))
            {
                GiveUp(new FetchFailure(FetchError.Storage, $"there is no room for more than {Length} bytes of it"));
                return;
            }

            var writing = disk.WriteAsync(_file, bytes, Length);
            _hash.AppendData(bytes.Span);
            await writing;
            Length += bytes.Length;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            GiveUp(new FetchFailure(FetchError.Storage, $"the cache's disk failed: {failure.Message}"));
        }
    }

    /// <summary>The whole layer's file, where it is what the digest names. Ends the hash: ask once.</summary>
    public SafeFileHandle? FileOf(Digest digest) =>
        Failure is null && !digest.IsSha512 && _file is not null && digest.Matches(_hash.GetHashAndReset()) ? _file : null;

    /// <summary>The bytes that room was made for: from now on the caller gives them back.</summary>
    public long HandOverRoom()
    {
        var room = _reserved;
        _reserved = 0;
        return room;
    }

    /// <summary>Gives up room and file; nothing happens to a file that has another name by now.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _hash.Dispose();
        Forget();
    }

    private bool HasRoomFor(int bytes)
    {
        if (Length + bytes <= _reserved)
        {
            return true;
        }

        var step = Math.Max(bytes, Math.Clamp(_reserved, StepBytesLeast, StepBytesMost));
        if (!reserve(step))
        {
            return false;
        }

        _reserved += step;
        return true;
    }

    private void GiveUp(FetchFailure failure)
    {
        Failure = failure;
        Forget();
    }

    private void Forget()
    {
        _file?.Dispose();
        try
        {
            CacheDirectory.Remove(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // the next start removes it
        }

        release(_reserved);
        _reserved = 0;
    }
}
