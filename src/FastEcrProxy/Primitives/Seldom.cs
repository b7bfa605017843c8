namespace FastEcrProxy.Primitives;

/// <summary>Lets something through now and then, and counts how often it happened in between: what a flood may write to a log.</summary>
/// <param name="every">Least time between two.</param>
/// <param name="time">The clock.</param>
internal sealed class Seldom(TimeSpan every, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long? _passedAt;
    private long _count;

    /// <summary>It happened. True: tell of it, and of how many there were since the last time, this one included.</summary>
    public bool TryPass(out long count)
    {
        lock (_gate)
        {
            _count++;
            count = _count;
            if (_passedAt is { } before && time.GetElapsedTime(before) < every)
            {
                return false;
            }

            _passedAt = time.GetTimestamp();
            _count = 0;
            return true;
        }
    }
}
