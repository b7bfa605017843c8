using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

/// <summary>A clock that a test moves on, and that says how many have begun to wait for it.</summary>
internal sealed class WatchedTime : FakeTimeProvider
{
    private int _waits;

    /// <summary>Waits that have begun since the start.</summary>
    public int Waits => Volatile.Read(ref _waits);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _waits);
        return timer;
    }
}
