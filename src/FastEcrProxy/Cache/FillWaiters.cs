namespace FastEcrProxy.Cache;

/// <summary>Who sleeps on a fill until a byte is there, in the order in which they came. <see cref="BlobFill"/> guards it.</summary>
internal sealed class FillWaiters
{
    private readonly List<Waiter> _waiters = [];

    /// <summary>Where readers wait, the oldest first. The hash follows and is no reason to fetch something sooner.</summary>
    public IEnumerable<long> Offsets => _waiters.Where(static w => !w.IsHash).Select(static w => w.Offset);

    public Waiter Add(long offset, bool seesLast, bool isHash)
    {
        var waiter = new Waiter(offset, seesLast, isHash);
        _waiters.Add(waiter);
        return waiter;
    }

    public void Remove(Waiter waiter) => _waiters.Remove(waiter);

    /// <summary>Wakes those whose bytes are there, and nobody else: a thousand readers elsewhere sleep on.</summary>
    public void Wake(Func<Waiter, bool> isServed)
    {
        var kept = 0;
        for (var i = 0; i < _waiters.Count; i++)
        {
            var waiter = _waiters[i];
            if (isServed(waiter))
            {
                waiter.TrySetResult();
            }
            else
            {
                _waiters[kept++] = waiter;
            }
        }

        _waiters.RemoveRange(kept, _waiters.Count - kept);
    }

    /// <summary>One reader that sleeps until its byte is there.</summary>
    internal sealed class Waiter(long offset, bool seesLast, bool isHash)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Offset => offset;

        public bool SeesLast => seesLast;

        public bool IsHash => isHash;
    }
}
