namespace FastEcrProxy.Cache;

/// <summary>The run of absent bytes that one fetcher is bringing: [<see cref="Position"/>, <see cref="End"/>).</summary>
/// <remarks>Only <see cref="FillPlan"/> moves it: its end comes nearer when another fetcher takes over the rest.</remarks>
internal sealed class FillClaim(long position, long end)
{
    // What a look sees counts for a quarter: a request that has yet to be answered, or a moment in which the machine or the disk
    // had no time, does not make a connection slow. What is fetched again because of it is in vain.
    private const double WeightOfLook = 0.25;

    private long _positionBefore = position;

    /// <summary>The next byte that is expected.</summary>
    public long Position { get; set; } = position;

    /// <summary>Where the fetcher stops.</summary>
    public long End { get; set; } = end;

    public long Left => End - Position;

    /// <summary>Bytes that come from one look to the next, as the last looks saw it.</summary>
    public double Pace { get; private set; } = end - position; // not yet known: not slow

    /// <summary>How many looks in a row have found nothing new.</summary>
    public int StillLooks { get; private set; }

    /// <summary>Takes note of what has come since the last look; looks come at a steady beat.</summary>
    public void Look()
    {
        var came = Position - _positionBefore;
        Pace += (came - Pace) * WeightOfLook;
        StillLooks = came > 0 ? 0 : StillLooks + 1;
        _positionBefore = Position;
    }
}
