namespace FastEcrProxy.Cache;

/// <summary>The bound on connections beyond the first of each fill, all fills together: memory and descriptors are finite.</summary>
internal sealed class FetchSlots(int most)
{
    private int _taken;

    /// <summary>How many are taken now.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>False: there is none left, and nothing to release.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= most)
        {
            return true;
        }

        Release();
        return false;
    }

    public void Release() => Interlocked.Decrement(ref _taken);
}
