using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastEcrProxy.Primitives;

/// <summary>
/// A bucket of tokens for each of many: each may have so many a second, and after a while without any a few more at once.
/// </summary>
/// <remarks>
/// Of a bucket nothing is kept but the moment at which it is full again, so a table of 64 Ki of them takes about 4 MB, and no
/// timer refills anything. One that is full is as good as none and leaves when the table wants room. Where all of a full table
/// are in use, who is new shares one of 256 buckets with others who are new: the limit holds for everyone, whoever floods it.
///
/// Not System.Threading.RateLimiting: its limiters take no TimeProvider, each is an object with a queue and a lock of its own, and
/// the table of them has no bound.
/// </remarks>
/// <param name="perSecond">How many come back in a second.</param>
/// <param name="burst">How many there are at most.</param>
/// <param name="most">Buckets in the table.</param>
/// <param name="time">The clock.</param>
internal sealed class RateTable<TKey>(long perSecond, long burst, int most, TimeProvider time)
    where TKey : struct
{
    /// <summary>As many as fit into some megabytes.</summary>
    public const int UsualMost = 1 << 16;

    private const int SharedCount = 256;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(1); // a look at 64 Ki takes about a millisecond

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, long> _fullAt = [];
    private readonly long[] _shared = new long[SharedCount];
    private long _sweptAt = long.MinValue;

    /// <summary>Buckets in the table now.</summary>
    public int Count => _fullAt.Count;

    private long BurstTicks => TicksOf(burst);

    /// <summary>Takes one. Zero: taken; else how long it is until there is one, and nothing was taken.</summary>
    public TimeSpan TryTake(TKey key)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            ref var fullAt = ref Bucket(key, now);
            var after = Math.Max(fullAt, now) + TicksOf(1);
            var early = after - (now + BurstTicks);
            if (early > 0)
            {
                return time.GetElapsedTime(0, early);
            }

            fullAt = after;
            return TimeSpan.Zero;
        }
    }

    /// <summary>Takes some in any case, and says how long to wait until they may be used. Who comes first is served first.</summary>
    public TimeSpan Reserve(TKey key, long count)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            ref var fullAt = ref Bucket(key, now);
            fullAt = Math.Max(fullAt, now) + TicksOf(count);
            return time.GetElapsedTime(0, Math.Max(0, fullAt - (now + BurstTicks)));
        }
    }

    /// <summary>Gives back what was reserved and not used: who does not wait for their turn must not hold up the others.</summary>
    public void GiveBack(TKey key, long count)
    {
        lock (_gate)
        {
            ref var fullAt = ref Bucket(key, time.GetTimestamp());
            fullAt -= TicksOf(count);
        }
    }

    /// <summary>Rounded up: rather a little slower than faster.</summary>
    private long TicksOf(long count) => (long)((((Int128)count * time.TimestampFrequency) + perSecond - 1) / perSecond);

    private ref long Bucket(TKey key, long now)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(_fullAt, key);
        if (!Unsafe.IsNullRef(ref known))
        {
            return ref known;
        }

        ref var shared = ref _shared[EqualityComparer<TKey>.Default.GetHashCode(key) & (SharedCount - 1)];
        if (_fullAt.Count >= most && !TrySweep(now))
        {
            return ref shared;
        }

        ref var added = ref CollectionsMarshal.GetValueRefOrAddDefault(_fullAt, key, out _);
        added = shared; // nobody gains by having been among those who shared
        return ref added;
    }

    /// <summary>Removes what is full. False: nothing is, or that was found a moment ago.</summary>
    private bool TrySweep(long now)
    {
        if (_sweptAt != long.MinValue && time.GetElapsedTime(_sweptAt, now) < SweepEvery)
        {
            return false;
        }

        _sweptAt = now;
        foreach (var (key, fullAt) in _fullAt)
        {
            if (fullAt <= now)
            {
                _fullAt.Remove(key);
            }
        }

        return _fullAt.Count < most;
    }
}
