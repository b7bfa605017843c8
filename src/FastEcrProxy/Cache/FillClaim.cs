namespace FastEcrProxy.Cache;

/// <summary>The run of absent bytes that one fetcher is bringing: [<see cref="Position"/>, <see cref="End"/>).</summary>
/// <remarks>Only <see cref="FillPlan"/> moves it: its end comes nearer when another fetcher takes over the rest.</remarks>
internal sealed class FillClaim(long position, long end)
{
    private long _positionBefore = position;

    /// <summary>The next byte that is expected.</summary>
    public long Position { get; set; } = position;

    /// <summary>Where the fetcher stops.</summary>
    public long End { get; set; } = end;

    public long Left => End - Position;

    /// <summary>Bytes that came between the last two looks.</summary>
    public long Pace { get; private set; } = end - position; // not yet known: not slow

    /// <summary>How many looks in a row have found nothing new.</summary>
    public int StillLooks { get; private set; }

    /// <summary>Takes note of what has come since the last look; looks come at a steady beat.</summary>
    public void Look()
    {
        Pace = Position - _positionBefore;
        StillLooks = Pace > 0 ? 0 : StillLooks + 1;
        _positionBefore = Position;
    }
}
