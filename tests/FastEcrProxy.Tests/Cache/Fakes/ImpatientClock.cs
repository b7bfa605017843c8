using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>
/// A clock on which short pauses are over at once, and which remembers them. Long ones, such as a sweep's, wait, and so does
/// what is done again and again.
/// </summary>
internal sealed class ImpatientClock : FakeTimeProvider
{
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly List<TimeSpan> _pauses = [];

    /// <summary>Starts now, since files on disk have the time of the machine.</summary>
    public ImpatientClock()
        : base(TimeProvider.System.GetUtcNow())
    {
    }

    /// <summary>Every short pause that was made, in order.</summary>
    public TimeSpan[] Pauses
    {
        get
        {
            lock (_gate)
            {
                return [.. _pauses];
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        if (dueTime > TimeSpan.Zero && dueTime <= Short && period == Timeout.InfiniteTimeSpan)
        {
            lock (_gate)
            {
                _pauses.Add(dueTime);
            }

            ThreadPool.QueueUserWorkItem(_ => Advance(dueTime));
        }

        return timer;
    }
}
