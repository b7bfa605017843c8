using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Primitives;

/// <summary>
/// Waits for the disk on threads of its own: who reads what is not in memory, or writes more than the disk takes, must not hold
/// the pool's threads, on which everybody else is served from memory.
/// </summary>
/// <remarks>
/// While nothing has to be waited for, which is the rule, nothing changes threads. That can be asked before a read; before a
/// write it cannot, so that one slow write is taken for the first of several.
/// </remarks>
/// <param name="time">Says how long a write took.</param>
/// <param name="readThreads">On which reads wait; null: as many as keep a disk busy.</param>
internal sealed class Disk(TimeProvider time, DiskThreads? readThreads = null)
{
    // What one waits for is soon read by the next call; as much again is asked for meanwhile, so that the disk stays busy.
    private const int AheadFactor = 2;

    // The kernel takes no more than this from one call to read ahead (read_ahead_kb, 128 by default).
    private const int StepBytes = 128 << 10;

    // Enough to keep a network disk busy; a spinning one would only seek.
    private const int WaitsMax = 8;

    // A write into memory takes well under a millisecond: here the kernel makes its caller wait until the disk has caught up.
    private static readonly TimeSpan SlowWrite = TimeSpan.FromMilliseconds(20);

    // How long it is taken to be so without another slow write.
    private static readonly TimeSpan SlowFor = TimeSpan.FromSeconds(2);

    private readonly DiskThreads _reads = readThreads ?? new(WaitsMax);
    private readonly DiskThreads _writes = new(WaitsMax);
    private long _lastSlowWrite = time.GetTimestamp() - (long)(SlowFor.TotalSeconds * time.TimestampFrequency);

    /// <summary>Whether writes are made on threads of their own now.</summary>
    public bool IsSlow => time.GetElapsedTime(Volatile.Read(ref _lastSlowWrite)) < SlowFor;

    /// <summary>Completes when a stretch of a file is in memory: at once where it is already, and where that cannot be told.</summary>
    /// <remarks>Nothing is promised: what was brought may be gone again, and is then read from disk as by everybody else.</remarks>
    /// <param name="file">A regular file; stays open until this has completed. Once cancelled it may be closed.</param>
    /// <param name="offset">Of the first byte.</param>
    /// <param name="count">In bytes; what lies past the file's end does no harm.</param>
    /// <param name="cancel">Ends the wait, whatever the disk does. What is in memory is never cancelled.</param>
    public ValueTask BringAsync(SafeFileHandle file, long offset, long count, CancellationToken cancel) =>
        count == 0 || IsInMemory(file, offset, count)
            ? ValueTask.CompletedTask
            : new ValueTask(BringOnThreadAsync(file, offset, count, cancel));

    /// <summary>Writes all bytes at an offset of a file.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public ValueTask WriteAsync(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset)
    {
        if (IsSlow)
        {
            return new ValueTask(WriteOnThreadAsync(file, bytes, offset));
        }

        Write(file, bytes, offset);
        return ValueTask.CompletedTask;
    }

    // Methods of their own, so that no call that finds everything in memory pays for what these carry to another thread.
    private Task BringOnThreadAsync(SafeFileHandle file, long offset, long count, CancellationToken cancel) =>
        _reads.RunAsync(() => Bring(file, offset, count, cancel)).WaitAsync(cancel);

    private Task WriteOnThreadAsync(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset) =>
        _writes.RunAsync(() => Write(file, bytes, offset));

    /// <summary>Both ends: files are read and forgotten from one end to the other, so what lies between is like them.</summary>
    private static bool IsInMemory(SafeFileHandle file, long offset, long count) =>
        !Libc.IsThere || (Libc.IsInMemory(file, offset) && Libc.IsInMemory(file, offset + count - 1));

    private static void Bring(SafeFileHandle file, long offset, long count, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return; // nobody waits for it any more, and others wait for this thread
        }

        try
        {
            for (var ahead = offset; ahead < offset + (count * AheadFactor); ahead += StepBytes)
            {
                Libc.ReadAhead(file, ahead, StepBytes);
            }

            Span<byte> one = stackalloc byte[1];
            for (var step = offset; step < offset + count && !cancel.IsCancellationRequested; step += StepBytes)
            {
                RandomAccess.Read(file, one, Math.Min(step + StepBytes, offset + count) - 1); // waits until it is there
            }
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            // whoever reads it next finds out, and knows what to do
        }
        catch (ObjectDisposedException)
        {
            // who wanted it has left, and closed it
        }
    }

    private void Write(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset)
    {
        var started = time.GetTimestamp();
        RandomAccess.Write(file, bytes.Span, offset);
        var ended = time.GetTimestamp();
        if (time.GetElapsedTime(started, ended) > SlowWrite)
        {
            Volatile.Write(ref _lastSlowWrite, ended);
        }
    }
}
