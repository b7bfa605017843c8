using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Primitives;

/// <summary>
/// Brings stretches of files into memory before they are read, without holding a thread that others wait for: who reads
/// from a slow disk must not slow down those who read from memory.
/// </summary>
/// <remarks>Nothing is promised: what was brought may be gone again, and is then read from disk as by everybody else.</remarks>
internal sealed class ColdReads
{
    // What one waits for is soon read by the next call; as much again is asked for meanwhile, so that the disk stays busy.
    private const int AheadFactor = 2;

    // The kernel takes no more than this from one call to read ahead (read_ahead_kb, 128 by default).
    private const int StepBytes = 128 << 10;

    // Enough to keep a network disk busy; a spinning one would only seek.
    private const int WaitsMax = 8;

    private readonly DiskThreads _threads = new(WaitsMax);

    /// <summary>Completes when the stretch is in memory: at once where it is already, and where that cannot be told.</summary>
    /// <param name="file">A regular file; stays open until this has completed.</param>
    /// <param name="offset">Of the first byte.</param>
    /// <param name="count">In bytes; what lies past the file's end does no harm.</param>
    public ValueTask BringAsync(SafeFileHandle file, long offset, long count) =>
        count == 0 || IsInMemory(file, offset, count)
            ? ValueTask.CompletedTask
            : new ValueTask(_threads.RunAsync(() => Bring(file, offset, count)));

    /// <summary>Both ends: files are read and forgotten from one end to the other, so what lies between is like them.</summary>
    private static bool IsInMemory(SafeFileHandle file, long offset, long count) =>
        !Libc.IsThere || (Libc.IsInMemory(file, offset) && Libc.IsInMemory(file, offset + count - 1));

    private static void Bring(SafeFileHandle file, long offset, long count)
    {
        for (var ahead = offset; ahead < offset + (count * AheadFactor); ahead += StepBytes)
        {
            Libc.ReadAhead(file, ahead, StepBytes);
        }

        Span<byte> one = stackalloc byte[1];
        for (var step = offset; step < offset + count; step += StepBytes)
        {
            try
            {
                RandomAccess.Read(file, one, Math.Min(step + StepBytes, offset + count) - 1); // waits until it is there
            }
            catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
            {
                return; // whoever reads it next finds out, and knows what to do
            }
        }
    }
}
