using System.Globalization;

namespace FastEcrProxy.Admin;

/// <summary>Readiness's look at the cache directory: what the store says of it, and the room that is left.</summary>
internal static class CacheDirectoryCheck
{
    private const string Name = "cache";
    private const double BytesPerGibibyte = 1L << 30;

    /// <param name="directory">The cache's directory.</param>
    /// <param name="trouble">Why the store can store nothing there; null if it can.</param>
    public static ReadinessCheck Look(string directory, string? trouble)
    {
        if (trouble is not null)
        {
            return Failed(trouble);
        }

        try
        {
            var free = new DriveInfo(directory).AvailableFreeSpace; // of the filesystem that the directory is on
            return new ReadinessCheck(Name, true, string.Create(
                CultureInfo.InvariantCulture, $"{directory} is writable, {free} bytes free ({free / BytesPerGibibyte:F1} GiB)"));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Failed(failure.Message);
        }
    }

    private static ReadinessCheck Failed(string why) => new(Name, false, $"pulls go on unstored: {why}");
}
