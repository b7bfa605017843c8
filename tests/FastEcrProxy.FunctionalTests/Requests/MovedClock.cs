using System.Collections.Concurrent;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>The system's clock, except that the date can be moved, and waits can be ended before their time.</summary>
/// <remarks>
/// Time-outs are tested with it: one that is long enough for a busy machine runs out when the test says so, and none other.
/// </remarks>
internal sealed class MovedClock : TimeProvider
{
    private readonly ConcurrentDictionary<Wait, bool> _waits = new();
    private long _aheadTicks;

    /// <summary>Moves the date. Timers run as always.</summary>
    public void Move(TimeSpan ahead) => Interlocked.Add(ref _aheadTicks, ahead.Ticks);

    /// <summary>Ends every wait that was to last exactly so long, and tells how many there were.</summary>
    public int EndWaitsOf(TimeSpan length) => _waits.Keys.Count(wait => wait.TryEnd(length));

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _aheadTicks));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Wait(this, callback, state, dueTime, period);

    /// <summary>A timer of the system that can be told to be over.</summary>
    private sealed class Wait : ITimer
    {
        private readonly MovedClock _clock;
        private readonly ITimer _timer;
        private readonly Lock _gate = new();
        private TimeSpan _left; // as it was when the wait began; infinite while nobody waits
        private TimeSpan _period;

        public Wait(MovedClock clock, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_clock, _left, _period) = (clock, dueTime, period);
            _timer = System.CreateTimer(given => End(callback, given), state, dueTime, period);
            _clock._waits.TryAdd(this, true);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_gate)
            {
                (_left, _period) = (dueTime, period);
                return _timer.Change(dueTime, period);
            }
        }

        public bool TryEnd(TimeSpan length)
        {
            lock (_gate)
            {
                if (_left != length)
                {
                    return false;
                }

                _left = Timeout.InfiniteTimeSpan; // ended once
                return _timer.Change(TimeSpan.Zero, _period);
            }
        }

        public void Dispose()
        {
            _clock._waits.TryRemove(this, out _);
            _timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            _clock._waits.TryRemove(this, out _);
            return _timer.DisposeAsync();
        }

        private void End(TimerCallback callback, object? state)
        {
            lock (_gate)
            {
                _left = _period;
            }

            callback(state);
        }
    }
}
