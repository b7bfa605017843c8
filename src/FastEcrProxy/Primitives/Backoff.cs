namespace FastEcrProxy.Primitives;

/// <summary>How long to wait before the next attempt, so that many proxies do not come back at the same moment.</summary>
/// <remarks>Full jitter: a random time between nothing and a bound that doubles with every attempt.</remarks>
/// <param name="time">The clock that is waited on.</param>
/// <param name="first">Longest wait after the first attempt.</param>
/// <param name="longest">Longest wait after any attempt.</param>
internal sealed class Backoff(TimeProvider time, TimeSpan first, TimeSpan longest)
{
    private const int DoublingsMax = 62; // more would overflow; every bound is reached long before

    /// <summary>Waits after the given attempt, counted from 1, has failed.</summary>
    public Task WaitAsync(int attempt, CancellationToken cancel) =>
        Task.Delay(Delay(attempt, first, longest, Random.Shared.NextDouble()), time, cancel);

    /// <summary>The wait after an attempt, counted from 1.</summary>
    /// <param name="attempt">Which attempt has failed.</param>
    /// <param name="first">Longest wait after the first attempt.</param>
    /// <param name="longest">Longest wait after any attempt.</param>
    /// <param name="chance">The die: from 0, no wait, to 1, all of the bound.</param>
    public static TimeSpan Delay(int attempt, TimeSpan first, TimeSpan longest, double chance)
    {
        var doublings = Math.Clamp(attempt - 1L, 0, DoublingsMax);
        var boundTicks = Math.Min(first.Ticks * Math.Pow(2, doublings), longest.Ticks);
        return TimeSpan.FromTicks((long)(boundTicks * chance));
    }
}
