using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Transport;

/// <summary>
/// The writing half of a connection, straight onto its socket: what the server writes goes out on the thread that wrote it, and
/// bytes of files go out by <c>sendfile(2)</c>, which copies nothing.
/// </summary>
/// <remarks>
/// One writer at a time, as of every pipe; the server sees to that. Whatever fails here ends the connection, since the server
/// swallows what a flush throws, and a short body must not look whole.
/// </remarks>
internal sealed class FileOutput(Socket socket, ConnectionContext connection, Disk disk, TimeProvider time)
    : PipeWriter, IFileOutput, IOutputEnd
{
    // As nginx's sendfile_max_chunk: long enough to hide the call, short enough that others get their turn.
    private const int SliceBytes = 2 << 20;

    // Copied when the socket is full, because sending it is the wait for room. One page: thousands of clients wait so.
    private const int WaitBlockBytes = 4 << 10;

    private const int BufferBytes = 4 << 10; // an answer's head, or a manifest with it

    private static readonly Memory<byte> Nowhere = new byte[64];

    private byte[]? _buffer; // null while nothing is written: an idle connection holds no memory
    private int _buffered;
    private long _unaccounted; // bytes of a file that went out and that the server has not been told of
    private bool _isBroken;
    private bool _isBrokenAsStalled;

    /// <summary>Whether the client takes what it is sent.</summary>
    public SendProgress Progress { get; } = new(socket, time);

    public bool HasEnded => _isBroken;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _buffered;

    /// <summary>
    /// Breaks it off because its client takes nothing. False: that has been done, and only its end has not come yet. One call at
    /// a time.
    /// </summary>
    public bool TryBreakAsStalled()
    {
        if (_isBrokenAsStalled)
        {
            return false;
        }

        _isBrokenAsStalled = true;
        Break("The client took nothing for too long.");
        return true;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _unaccounted > 0 ? Nowhere : Room(Math.Max(1, sizeHint));

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_unaccounted > 0)
        {
            Debug.Assert(bytes <= _unaccounted, "the server is told of what went out before anything else is written");
            _unaccounted -= bytes;
            return;
        }

        _buffered += bytes;
    }

    /// <summary>Nearly always all of it fits into the socket at once, and that costs one call and nothing to wait with.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        var sent = _buffered == 0 || _isBroken || !Libc.IsThere ? 0 : SendAtOnce(moreFollows: false);
        if (sent < _buffered)
        {
            return SendRestAsync(sent);
        }

        EmptyBuffer();
        return new(new FlushResult(isCanceled: false, isCompleted: _isBroken));
    }

    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        await FlushAsync(cancellationToken);
        await SendAsync(source); // as it is: under TLS these are whole records
        return new FlushResult(isCanceled: false, isCompleted: _isBroken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<FileSent> SendFileAsync(SafeFileHandle file, long offset, long count, CancellationToken cancel)
    {
        await SendHeadAsync();
        var begin = offset;
        var end = offset + count;
        while (offset < end && !_isBroken)
        {
            var slice = Math.Min(SliceBytes, end - offset);
            try
            {
                await disk.BringAsync(file, offset, slice, cancel);
            }
            catch (OperationCanceledException)
            {
                break; // its connection has ended; a broken disk may answer in minutes, or never
            }

            var sliceEnd = offset + slice;
            switch (SendSlice(file, ref offset, slice))
            {
                case Libc.Io.WouldBlock:
                    if (await WaitForRoomAsync(file, offset, (int)Math.Min(WaitBlockBytes, slice)) is not { } waited)
                    {
                        return Sent(offset - begin, FileSentEnd.FileFailed);
                    }

                    offset += waited;
                    break;
                case Libc.Io.FileEnded or Libc.Io.FileBroken:
                    return Sent(offset - begin, FileSentEnd.FileFailed);
                case Libc.Io.SocketBroken:
                    BreakOff();
                    break;
                case Libc.Io.Done when offset == sliceEnd && offset < end:
                    // A client that takes as fast as it is sent to must not keep others from this core, or from this thread.
                    Thread.Yield();
                    await Task.Yield();
                    break;
            }
        }

        return Sent(offset - begin, offset == end ? FileSentEnd.Complete : FileSentEnd.Disconnected);
    }

    /// <summary>Nobody waits for a flush with the wish to do something else meanwhile: the server ends connections instead.</summary>
    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
        _isBroken = true;
        EmptyBuffer();
    }

    private async ValueTask<FlushResult> SendRestAsync(int sent)
    {
        await SendAsync(_buffer.AsMemory(sent, _buffered - sent));
        EmptyBuffer();
        return new FlushResult(isCanceled: false, isCompleted: _isBroken);
    }

    private FileSent Sent(long bytes, FileSentEnd end)
    {
        _unaccounted = bytes;
        return new FileSent(bytes, end);
    }

    /// <summary>Keeps back a packet that is not full, so that an answer's head and its first bytes go in one.</summary>
    private async ValueTask SendHeadAsync()
    {
        if (_buffered == 0 || _isBroken)
        {
            return;
        }

        var sent = SendAtOnce(moreFollows: true);
        if (sent < _buffered)
        {
            await SendAsync(_buffer.AsMemory(sent, _buffered - sent));
        }

        EmptyBuffer();
    }

    /// <summary>What is written, as far as the socket takes it now: none of it where the connection is broken.</summary>
    private int SendAtOnce(bool moreFollows)
    {
        try
        {
            return Libc.Send(socket.SafeHandle, _buffer.AsSpan(0, _buffered), moreFollows);
        }
        catch (ObjectDisposedException)
        {
            return 0; // closed; whoever sends the rest is told so
        }
    }

    private Libc.Io SendSlice(SafeFileHandle file, ref long offset, long count)
    {
        try
        {
            return Libc.SendFile(socket.SafeHandle, file, ref offset, count);
        }
        catch (ObjectDisposedException)
        {
            return Libc.Io.SocketBroken; // the connection was broken off meanwhile
        }
    }

    /// <summary>
    /// Copies a few bytes through memory: the runtime sends them as soon as there is room, which no other of its calls waits
    /// for. Null: the file has no bytes there, or its disk refuses.
    /// </summary>
    private async ValueTask<int?> WaitForRoomAsync(SafeFileHandle file, long offset, int count)
    {
        var block = ArrayPool<byte>.Shared.Rent(count);
        try
        {
            var read = RandomAccess.Read(file, block.AsSpan(0, count), offset);
            return read == 0 ? null : await SendAsync(block.AsMemory(0, read));
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    /// <summary>Sends all of it. Fewer bytes than that: the connection is broken.</summary>
    private async ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sent = 0;
        try
        {
            while (sent < bytes.Length && !_isBroken)
            {
                var sending = socket.SendAsync(bytes[sent..], SocketFlags.None);
                if (sending.IsCompleted)
                {
                    sent += await sending;
                    continue;
                }

                Progress.WaitBegins();
                try
                {
                    sent += await sending;
                }
                finally
                {
                    Progress.WaitEnds(); // a connection that broke is not one that stands still
                }
            }
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            BreakOff();
        }

        return sent;
    }

    private void BreakOff()
    {
        if (!_isBroken)
        {
            _isBroken = true;
            Break("The client has left.");
        }
    }

    /// <summary>In both directions and at once.</summary>
    private void Break(string why) => connection.Abort(new ConnectionAbortedException(why));

    private Memory<byte> Room(int bytes)
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(bytes, BufferBytes));
        }
        else if (_buffer.Length - _buffered < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffered + bytes, _buffer.Length * 2));
            _buffer.AsSpan(0, _buffered).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsMemory(_buffered);
    }

    private void EmptyBuffer()
    {
        _buffered = 0;
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
