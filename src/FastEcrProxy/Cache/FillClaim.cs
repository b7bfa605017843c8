namespace FastEcrProxy.Cache;

/// <summary>The run of absent bytes that one fetcher is bringing: [<see cref="Position"/>, <see cref="End"/>).</summary>
/// <remarks>Only <see cref="FillPlan"/> moves it: its end comes nearer when another fetcher takes over the rest.</remarks>
internal sealed class FillClaim(long position, long end)
{
    /// <summary>The next byte that is expected.</summary>
    public long Position { get; set; } = position;

    /// <summary>Where the fetcher stops.</summary>
    public long End { get; set; } = end;
}
