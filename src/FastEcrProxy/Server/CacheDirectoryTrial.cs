using FastEcrProxy.Cache;

namespace FastEcrProxy.Server;

/// <summary>Whether the directory of the cache can be used, asked before the port opens and by <c>check</c>.</summary>
internal static class CacheDirectoryTrial
{
    /// <summary>Creates the directory if it is missing and tries to write there.</summary>
    /// <returns>What is wrong and what to do; null if nothing is.</returns>
    public static string? Problem(string directory)
    {
        try
        {
            CacheDirectory.Make(directory);
            var probe = Path.Combine(directory, $".writable-{Guid.NewGuid():N}");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return $"user {Environment.UserName} may not write there; give the directory to that user, or name another one";
        }
        catch (IOException error)
        {
            return $"cannot be written: {error.Message.TrimEnd('.')}; name another directory";
        }
    }

    /// <summary>How many bytes the cache may still grow by before <see cref="CacheOptions.FreeSpaceBytes"/> stops it.</summary>
    /// <exception cref="IOException">The filesystem cannot be asked.</exception>
    public static long RoomBytes(CacheOptions options) =>
        new DriveInfo(options.Directory).AvailableFreeSpace - options.FreeSpaceBytes;

    /// <summary>What the files there take now. Files that vanish meanwhile are not counted.</summary>
    public static long UsedBytes(string directory) => new DirectoryInfo(directory)
        .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
        .Sum(file => file.Exists ? file.Length : 0);
}
