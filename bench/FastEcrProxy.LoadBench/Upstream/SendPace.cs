using System.Diagnostics;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>Holds a body back to a rate. Zero is no limit.</summary>
internal sealed unsafe class SendPace(long bytesPerSecond)
{
    private const int SlicesPerSecondMin = 20;
    private const long SliceBytesMax = 256 << 10; // smooth, even where the rate is high

    private readonly long _started = Stopwatch.GetTimestamp();

    /// <summary>The most to send before the next wait.</summary>
    public long SliceBytes => bytesPerSecond == 0 ? long.MaxValue : Math.Clamp(bytesPerSecond / SlicesPerSecondMin, 1, SliceBytesMax);

    /// <summary>Keeps the thread until it is time for more than what was sent.</summary>
    public void Wait(long sent)
    {
        if (bytesPerSecond > 0)
        {
            var due = ((double)sent / bytesPerSecond) - Stopwatch.GetElapsedTime(_started).TotalSeconds;
            _ = Libc.Poll(null, 0, (int)Math.Ceiling(Math.Max(0, due) * 1000));
        }
    }
}
