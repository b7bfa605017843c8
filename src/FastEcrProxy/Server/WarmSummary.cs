namespace FastEcrProxy.Server;

/// <summary>What came of filling a cache.</summary>
/// <param name="Images">How many are whole in the cache.</param>
/// <param name="Blobs">How many configs and layers they have, each counted once.</param>
/// <param name="FetchedBytes">What was not there before.</param>
/// <param name="PresentBytes">What was there already.</param>
/// <param name="Time">From the first question to the last.</param>
/// <param name="Failures">One sentence for each image that is not whole.</param>
internal sealed record WarmSummary(
    int Images, int Blobs, long FetchedBytes, long PresentBytes, TimeSpan Time, IReadOnlyList<string> Failures)
{
    public override string ToString() =>
        $"{Count(Images, "image")}, {Count(Blobs, "config and layer", "configs and layers")}: "
        + $"{ByteSize.Approximate(FetchedBytes)} fetched, {ByteSize.Approximate(PresentBytes)} were there, "
        + $"in {Duration.Format(TimeSpan.FromSeconds(Math.Ceiling(Time.TotalSeconds)))}";

    private static string Count(int count, string one, string? many = null) => count == 1 ? $"1 {one}" : $"{count} {many ?? one + "s"}";
}
