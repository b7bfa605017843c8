namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A directory of its own for one test, gone afterwards.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fep-cache-").FullName;

    /// <summary>Every file below it, with its path from here.</summary>
    public string[] Files =>
        [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(Path, file))
            .Order(StringComparer.Ordinal)];

    /// <summary>Lets every user look into it and all that is below it now.</summary>
    public void OpenToAll()
    {
        const UnixFileMode look = UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        foreach (var directory in Directory.GetDirectories(Path, "*", SearchOption.AllDirectories).Append(Path))
        {
            File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | look);
        }
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
