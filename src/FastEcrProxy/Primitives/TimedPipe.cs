using System.Buffers;
using System.IO.Pipelines;

namespace FastEcrProxy.Primitives;

/// <summary>Reads a pipe into memory, and waits neither for ever for who fills it, nor when it is told that nobody wants more.</summary>
/// <param name="pipe">Stays the caller's; what has been read is gone from it.</param>
/// <param name="patience">Longest silence.</param>
/// <param name="time">The clock that the silence is measured by.</param>
internal sealed class TimedPipe(PipeReader pipe, TimeSpan patience, TimeProvider time) : IDisposable
{
    // One timer for the whole pipe, moved for every read that has to wait.
    private readonly CancellationTokenSource _enough = new(Timeout.InfiniteTimeSpan, time);
    private volatile bool _isStopped;

    /// <summary>The next bytes, as many as are there and fit; zero at the end, and after <see cref="Stop"/>.</summary>
    /// <exception cref="TimeoutException">Nothing came for too long.</exception>
    /// <exception cref="IOException">Who fills it has left, or what it sent makes no sense.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        try
        {
            while (!_isStopped)
            {
                var (taken, isEnd) = Take(await NextAsync(), into.Span);
                if (taken > 0 || isEnd)
                {
                    return taken;
                }
            }

            return 0;
        }
        catch (OperationCanceledException) when (_enough.IsCancellationRequested)
        {
            return _isStopped ? 0 : throw new TimeoutException($"nothing came for {patience.TotalSeconds:0.###} s");
        }
        catch (OperationCanceledException left) // by who owns the pipe
        {
            throw new IOException("the connection has ended", left);
        }
    }

    /// <summary>Nobody wants more of it: a read that waits ends. Safe at any time, from any thread, before <see cref="Dispose"/>.</summary>
    public void Stop()
    {
        _isStopped = true;
        _enough.Cancel();
    }

    public void Dispose() => _enough.Dispose();

    private async ValueTask<ReadResult> NextAsync()
    {
        var reading = pipe.ReadAsync(_enough.Token); // never TryRead: the server asks for a body that waits to be asked for here only
        if (reading.IsCompleted)
        {
            return await reading; // the bytes were there: no clock needed
        }

        _enough.CancelAfter(patience);
        var read = await reading;
        _enough.CancelAfter(Timeout.InfiniteTimeSpan);
        return read;
    }

    private (int Taken, bool IsEnd) Take(ReadResult read, Span<byte> into)
    {
        var bytes = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, into.Length));
        bytes.CopyTo(into);
        var isEnd = read.IsCompleted && bytes.Length == read.Buffer.Length;
        pipe.AdvanceTo(bytes.End);
        return ((int)bytes.Length, isEnd);
    }
}
