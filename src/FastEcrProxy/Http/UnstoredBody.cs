using System.Buffers;
using System.Security.Cryptography;
using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Http;

/// <summary>A blob that goes from upstream straight to its one client, because it cannot be stored.</summary>
/// <remarks>
/// Read from its first byte on, it is hashed on the way and its last bytes are withheld until the digest is right.
/// Read from elsewhere it cannot be verified here; clients that ask for parts verify the whole themselves.
/// </remarks>
internal sealed class UnstoredBody : IBodyBytes, IDisposable
{
    private const int BufferBytes = 256 * 1024; // as much as BodySender sends at once

    private readonly OpenBlob _open;
    private readonly Digest _digest;
    private readonly TimeProvider _time;
    private readonly ProxyMetrics _metrics;
    private readonly byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private ResumingBody _upstream;
    private IncrementalHash? _hash; // of all bytes before _offset + _count; null where that is not known
    private long _offset;           // where in the blob the buffer begins
    private int _count;             // bytes in the buffer

    private UnstoredBody(OpenBlob open, ResumingBody upstream, Digest digest, long offset, TimeProvider time, ProxyMetrics metrics)
    {
        (_open, _upstream, _digest, _offset, _time, _metrics) = (open, upstream, digest, offset, time, metrics);
        _hash = offset == 0 ? digest.NewHash() : null;
    }

    /// <summary>The whole blob's length.</summary>
    public long TotalBytes => _upstream.TotalBytes;

    public SafeFileHandle? File => null;

    public FetchFailure? Failure { get; private set; }

    /// <summary>Opens upstream at an offset, which may be before or after what is read first.</summary>
    public static async ValueTask<Fetched<UnstoredBody>> OpenAsync(
        OpenBlob open, Digest digest, long offset, TimeProvider time, ProxyMetrics metrics, CancellationToken cancel)
    {
        var (upstream, failure) = await ResumingBody.OpenAsync(open, offset, time, metrics, cancel);
        return upstream is null ? failure! : new UnstoredBody(open, upstream, digest, offset, time, metrics);
    }

    /// <summary>Hashes what was sent from a file before this was opened behind it. False: the file cannot be read.</summary>
    public bool TryContinueHash(SafeFileHandle file)
    {
        var hash = _digest.NewHash();
        try
        {
            for (long done = 0; done < _offset;)
            {
                var read = RandomAccess.Read(file, _buffer.AsSpan(0, (int)Math.Min(BufferBytes, _offset - done)), done);
                if (read == 0)
                {
                    hash.Dispose();
                    return false;
                }

                hash.AppendData(_buffer, 0, read);
                done += read;
            }
        }
        catch (IOException)
        {
            hash.Dispose();
            return false;
        }

        _hash = hash;
        return true;
    }

    public async ValueTask<long> ReadableAsync(long offset, CancellationToken cancel)
    {
        if (Failure is not null)
        {
            return 0;
        }

        if (offset >= _offset && offset < _offset + _count)
        {
            return _offset + _count - offset;
        }

        if (offset != _offset + _count && !await MoveAsync(offset, cancel))
        {
            return 0;
        }

        _offset = offset;
        _count = await _upstream.ReadAsync(_buffer.AsMemory(0, BufferBytes), cancel);
        Failure = _upstream.Failure;
        return Failure is null && IsVerified() ? _count : 0;
    }

    public ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
    {
        var from = (int)(offset - _offset);
        var length = Math.Min(into.Length, _count - from);
        _buffer.AsMemory(from, length).CopyTo(into);
        return ValueTask.FromResult(length);
    }

    public void Dispose()
    {
        _upstream.Dispose();
        _hash?.Dispose();
        ArrayPool<byte>.Shared.Return(_buffer);
    }

    /// <summary>Another range: a new request is cheaper than reading over what lies between.</summary>
    private async ValueTask<bool> MoveAsync(long offset, CancellationToken cancel)
    {
        _hash?.Dispose();
        _hash = null;
        var (upstream, failure) = await ResumingBody.OpenAsync(_open, offset, _time, _metrics, cancel);
        if (upstream is null)
        {
            Failure = failure;
            return false;
        }

        _upstream.Dispose();
        _upstream = upstream;
        return true;
    }

    /// <summary>Hashes the buffer. False only at the blob's end, where the whole is not what its digest names.</summary>
    private bool IsVerified()
    {
        if (_hash is null)
        {
            return true;
        }

        _hash.AppendData(_buffer, 0, _count);
        if (_offset + _count < TotalBytes)
        {
            return true;
        }

        var isRight = _digest.Matches(_hash.GetHashAndReset());
        _hash.Dispose();
        _hash = null; // said once
        if (isRight)
        {
            return true;
        }

        _metrics.DigestMismatch();
        Failure = new FetchFailure(
            FetchError.DigestMismatch, $"The registry sent bytes that are not {_digest}; the last of them were withheld.");
        return false;
    }
}
