using System.Reflection;

namespace FastEcrProxy.Tests;

/// <summary>The text files of the repository, as the tests on its structure read them.</summary>
internal static class SourceTree
{
    private const long TextBytesMax = 1 << 20; // larger is data, not text

    public static string Root { get; } = Path.GetFullPath(
        typeof(SourceTree).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!);

    /// <summary>Folders that git does not keep: their contents are nobody's text.</summary>
    private static readonly HashSet<string> Ignored =
    [
        ".git", // a folder in a clone, a file in a worktree
        .. File.ReadLines(Path.Combine(Root, ".gitignore")).Where(line => line.EndsWith('/')).Select(line => line.Trim('/')),
    ];

    public static IReadOnlyList<SourceFile> All { get; } =
        [.. Under(new DirectoryInfo(Root)).OrderBy(file => file.Path, StringComparer.Ordinal)];

    /// <summary>The C# files under these folders of the root.</summary>
    public static IEnumerable<SourceFile> Code(params string[] folders) =>
        All.Where(file => file.Path.EndsWith(".cs", StringComparison.Ordinal) && folders.Contains(file.Path.Split('/')[0]));

    /// <summary>Fails with all findings, each on its line.</summary>
    public static void AssertNone(IEnumerable<string> findings)
    {
        var all = findings.ToList();
        Assert.True(all.Count == 0, $"{all.Count} to put right:\n{string.Join('\n', all)}");
    }

    private static IEnumerable<SourceFile> Under(DirectoryInfo directory)
    {
        foreach (var entry in directory.EnumerateFileSystemInfos().Where(entry => !Ignored.Contains(entry.Name)))
        {
            if (entry is DirectoryInfo inner)
            {
                foreach (var file in entry.LinkTarget is null ? Under(inner) : [])
                {
                    yield return file;
                }
            }
            else if (entry is FileInfo { Length: <= TextBytesMax } && File.ReadAllText(entry.FullName) is var text && !text.Contains('\0'))
            {
                yield return new SourceFile(Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/'), text);
            }
        }
    }
}
