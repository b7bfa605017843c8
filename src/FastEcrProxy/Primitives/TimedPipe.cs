using System.Buffers;
using System.IO.Pipelines;

namespace FastEcrProxy.Primitives;

/// <summary>Reads a pipe into memory, and waits neither for ever for who fills it, nor when it is told that nobody wants more.</summary>
/// <remarks>
/// A wait ends by <see cref="PipeReader.CancelPendingRead"/>, never by a token: the server's own pipe cannot be read any further
/// after a token has ended a read, and the server wants to read a body that is left over to its end.
/// </remarks>
/// <param name="pipe">Stays the caller's; what has been read is gone from it.</param>
/// <param name="patience">Longest silence.</param>
/// <param name="time">The clock that the silence is measured by.</param>
internal sealed class TimedPipe(PipeReader pipe, TimeSpan patience, TimeProvider time) : IDisposable
{
    private ITimer? _silence; // one for the whole pipe, moved for every read that has to wait
    private volatile bool _isStopped;

    /// <summary>The next bytes, as many as are there and fit; zero at the end, and after <see cref="Stop"/>.</summary>
    /// <exception cref="TimeoutException">Nothing came for too long.</exception>
    /// <exception cref="IOException">Who fills it has left, or what it sent makes no sense.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        var began = time.GetTimestamp();
        try
        {
            while (!_isStopped)
            {
                var read = await NextAsync();
                var (taken, isEnd) = Take(read, into.Span);
                if (taken > 0 || isEnd)
                {
                    return taken;
                }

                if (read.IsCanceled && !_isStopped && time.GetElapsedTime(began) >= patience)
                {
                    throw new TimeoutException($"nothing came for {patience.TotalSeconds:0.###} s");
                }
            }

            return 0;
        }
        catch (OperationCanceledException left) // by who owns the pipe
        {
            throw new IOException("the connection has ended", left);
        }
    }

    /// <summary>Nobody wants more of it: a read that waits ends. Safe at any time, from any thread.</summary>
    public void Stop()
    {
        _isStopped = true;
        pipe.CancelPendingRead();
    }

    public void Dispose() => _silence?.Dispose();

    private async ValueTask<ReadResult> NextAsync()
    {
        var reading = pipe.ReadAsync(); // never TryRead: the server asks for a body that waits to be asked for here only
        if (reading.IsCompleted)
        {
            return await reading; // the bytes were there: no clock needed
        }

        _silence ??= time.CreateTimer(
            static pipe => ((PipeReader)pipe!).CancelPendingRead(), pipe, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _silence.Change(patience, Timeout.InfiniteTimeSpan);
        var read = await reading;
        _silence.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return read;
    }

    private (int Taken, bool IsEnd) Take(ReadResult read, Span<byte> into)
    {
        var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, into.Length));
        var count = (int)bytes.Length;
        var isEnd = read.IsCompleted && count == read.Buffer.Length;
        bytes.CopyTo(into);
        pipe.AdvanceTo(bytes.End); // from here on the bytes are somebody else's
        return (count, isEnd);
    }
}
