namespace FastEcrProxy.Ecr;

/// <summary>When to ask AWS again. Spread by chance, so that many proxies started together do not ask together.</summary>
internal static class RefreshSchedule
{
    /// <summary>The shortest pause after a failure.</summary>
    public static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);

    /// <summary>The longest pause after failures: a repaired policy or network is noticed within a minute.</summary>
    public static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(60);

    private const double HalfLife = 0.5; // as AWS's own credential helper: six of twelve hours are left to ride out an outage
    private const double HalfLifeSpread = 0.05; // either way: 36 minutes of twelve hours
    private const int DoublingsMax = 6; // 2^6 s is past PauseMax already

    /// <summary>How long after its arrival a token is replaced.</summary>
    /// <param name="lifetime">How long it was good for when it arrived.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan AfterSuccess(TimeSpan lifetime, double chance) =>
        lifetime * (HalfLife + (HalfLifeSpread * ((2 * chance) - 1)));

    /// <summary>How long to wait after failures in a row: up to twice as long each time.</summary>
    /// <param name="failures">How many there were; at least one.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan AfterFailure(int failures, double chance)
    {
        var step = TimeSpan.FromSeconds(1 << Math.Min(failures, DoublingsMax));
        var longest = step < PauseMax ? step : PauseMax;
        return PauseMin + ((longest - PauseMin) * ((1 + chance) / 2));
    }
}
