using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace FastEcrProxy.Upstream;

/// <summary>
/// A body from upstream that tells the truth about its end: zero means all of it has come; anything else that goes wrong,
/// silence included, is an <see cref="IOException"/>. Bytes go straight into the caller's memory.
/// </summary>
/// <param name="inner">The connection's own stream.</param>
/// <param name="length">Bytes that have to come; null: until it ends.</param>
/// <param name="idleTimeout">Longest silence inside.</param>
/// <param name="time">The clock that the silence is measured by.</param>
/// <param name="wasCut">Told when it ends early, and whether it had been silent.</param>
internal sealed class UpstreamBody(
    Stream inner, long? length, TimeSpan idleTimeout, TimeProvider time, Action<bool>? wasCut = null) : Stream
{
    // One timer for the whole body, moved for every read that has to wait.
    private readonly CancellationTokenSource _silence = new(Timeout.InfiniteTimeSpan, time);
    private long _left = length ?? long.MaxValue;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>The body of an answer, which stays the owner of the connection.</summary>
    public static async ValueTask<UpstreamBody> OfAsync(
        HttpResponseMessage answer, long? length, TimeSpan idleTimeout, TimeProvider time, CancellationToken cancel,
        Action<bool>? wasCut = null) =>
        new(await answer.Content.ReadAsStreamAsync(cancel), length, idleTimeout, time, wasCut);

    /// <summary>The next bytes, or zero at the end. One read at a time.</summary>
    /// <exception cref="IOException">The body was cut, or was silent for too long.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // a read that waits is the rule, and must not allocate
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel = default)
    {
        cancel.ThrowIfCancellationRequested();
        var wanted = _left < buffer.Length ? buffer[..(int)_left] : buffer;
        if (wanted.IsEmpty)
        {
            return 0;
        }

        int read;
        try
        {
            read = await ReadInTimeAsync(wanted, cancel);
        }
        catch (OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            wasCut?.Invoke(true);
            throw new IOException($"nothing came for {idleTimeout.TotalSeconds:0.###} s.");
        }
        catch (Exception broken) when (broken is HttpRequestException or SocketException or ObjectDisposedException)
        {
            wasCut?.Invoke(false);
            throw new IOException("the connection broke.", broken);
        }
        catch (IOException)
        {
            wasCut?.Invoke(false);
            throw;
        }

        if (read == 0 && length is not null)
        {
            wasCut?.Invoke(false);
            throw new HttpIOException(HttpRequestError.ResponseEnded, $"{_left} bytes are missing.");
        }

        _left -= read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _silence.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadInTimeAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        var reading = inner.ReadAsync(buffer, _silence.Token);
        if (reading.IsCompleted)
        {
            return await reading; // the bytes were there: no clock needed
        }

        _silence.CancelAfter(idleTimeout);
        using var left = cancel.UnsafeRegister(static silence => ((CancellationTokenSource)silence!).Cancel(), _silence);
        var read = await reading;
        _silence.CancelAfter(Timeout.InfiniteTimeSpan);
        return read;
    }
}
