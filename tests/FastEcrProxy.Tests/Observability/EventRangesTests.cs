using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using FastEcrProxy.Observability;

namespace FastEcrProxy.Tests.Observability;

public sealed partial class EventRangesTests
{
    private static readonly string Source = Path.Combine(RepositoryRoot(), "src", "FastEcrProxy");

    [Fact]
    public void EveryLogMessage_HasAnIdOfItsFolderThatNoOtherHas()
    {
        var files = Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Source, path))
            .Where(path => path.Split('/')[0] is not ("obj" or "bin"))
            .Select(path => (path, File.ReadAllText(Path.Combine(Source, path))))
            .ToList();

        Assert.NotEmpty(files);
        Assert.Empty(Troubles(files));
    }

    [Fact]
    public void Ranges_DoNotOverlap()
    {
        var ranges = EventRanges.ByFolder.Values.OrderBy(range => range.First).ToList();

        Assert.All(ranges, range => Assert.True(range.First <= range.Last));
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.Last < pair.Second.First));
    }

    [Theory]
    [InlineData("Ecr/A.cs", "[LoggerMessage(2000, LogLevel.Debug, \"\")] [LoggerMessage(EventId = 2099)]")]
    [InlineData("Admin/A.cs", "[LoggerMessage(\n    6001, LogLevel.Debug, \"\")]")]
    [InlineData("Oci/A.cs", "no message at all")]
    public void RightIds_AreNoTrouble(string path, string text) => Assert.Empty(Troubles([(path, text)]));

    [Theory]
    [InlineData("Ecr/A.cs", "[LoggerMessage(2100, LogLevel.Debug, \"\")]", "Ecr/A.cs: 2100 is outside of 2000-2099")]
    [InlineData("Oci/A.cs", "[LoggerMessage(2000, LogLevel.Debug, \"\")]", "Oci/A.cs: Oci has no event ids")]
    [InlineData("Ecr/A.cs", "[LoggerMessage(LogLevel.Debug, \"\")]", "Ecr/A.cs: a log message without an id")]
    [InlineData("Ecr/A.cs", "[LoggerMessage(2000)] [LoggerMessage(2000)]", "Ecr/A.cs: 2000 is taken by Ecr/A.cs")]
    public void WrongIds_AreNamed(string path, string text, string trouble) => Assert.Equal([trouble], Troubles([(path, text)]));

    private static List<string> Troubles(IEnumerable<(string Path, string Text)> files)
    {
        var troubles = new List<string>();
        var owners = new Dictionary<int, string>();
        foreach (var (path, text) in files)
        {
            var folder = path.Split('/')[0];
            foreach (Match message in LogMessage().Matches(text))
            {
                if (!EventRanges.ByFolder.TryGetValue(folder, out var range))
                {
                    troubles.Add($"{path}: {folder} has no event ids");
                }
                else if (!int.TryParse(message.Groups["id"].ValueSpan, CultureInfo.InvariantCulture, out var id))
                {
                    troubles.Add($"{path}: a log message without an id");
                }
                else if (id < range.First || id > range.Last)
                {
                    troubles.Add($"{path}: {id} is outside of {range.First}-{range.Last}");
                }
                else if (!owners.TryAdd(id, path))
                {
                    troubles.Add($"{path}: {id} is taken by {owners[id]}");
                }
            }
        }

        return troubles;
    }

    private static string RepositoryRoot() => typeof(EventRangesTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "RepositoryRoot").Value!;

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:EventId\s*=\s*)?(?<id>\d*)")]
    private static partial Regex LogMessage();
}
