using System.Text.RegularExpressions;

namespace FastEcrProxy.Tests;

public sealed partial class TidyTests
{
    private const int FileLinesMax = 350;
    private const int FileLinesMedian = 100;
    private const int MethodLinesMax = 70; // one screen
    private const int LineLengthMax = 140;

    private static readonly string[] CodeFolders = ["src", "tests", "bench"];

    [Fact]
    public void File_IsShortEnoughToBeRead() => SourceTree.AssertNone(
        from file in SourceTree.Code("src")
        where file.Lines.Length > FileLinesMax
        select file.At(FileLinesMax, $"{file.Lines.Length} lines, at most {FileLinesMax}; move its second idea out"));

    [Fact]
    public void MedianFile_IsShort()
    {
        var lengths = SourceTree.Code("src").Select(file => file.Lines.Length).Order().ToList();

        var median = lengths[lengths.Count / 2];

        Assert.True(median < FileLinesMedian, $"The median file in src has {median} lines, {FileLinesMedian} are too many: split some.");
    }

    [Fact]
    public void Method_FitsOnAScreen() => SourceTree.AssertNone(
        from file in SourceTree.Code(CodeFolders)
        from member in file.Declarations
        where !member.IsType && member.Lines > MethodLinesMax
        select file.At(member.FirstLine, $"{member.Name} has {member.Lines} lines, {MethodLinesMax} are allowed; name a part of it"));

    [Fact]
    public void Line_IsShort() => SourceTree.AssertNone(
        from file in SourceTree.All
        where HasEnding(file, ".cs", ".sh")
        from line in file.Lines.Index()
        where line.Item.Length > LineLengthMax
        select file.At(line.Index + 1, $"{line.Item.Length} characters, {LineLengthMax} are allowed; break the line"));

    [Fact]
    public void Work_IsFinished() => SourceTree.AssertNone(
        from file in SourceTree.All
        from match in LeftoverMarker().Matches(file.Text)
        select file.At(file.LineOf(match.Index), $"'{match.Value}': finish it, or open an issue and delete the marker"));

    [Fact]
    public void Nothing_WaitsBySleeping() => SourceTree.AssertNone(
        from file in SourceTree.Code(CodeFolders)
        from match in Wait().Matches(file.Code)
        where match.Value.StartsWith("Thread", StringComparison.Ordinal) || !NamesAClock(Arguments(file.Code, match.Index + match.Length))
        select file.At(file.LineOf(match.Index), "wait for what is to happen, or pass Task.Delay a TimeProvider that a test can move"));

    [Fact]
    public void TextFile_EndsInANewlineAndHasNoTabs() => SourceTree.AssertNone(SourceTree.All.SelectMany(WhitespaceFaults));

    [Fact]
    public void Type_SaysWhatItIsFor()
    {
        var types =
            from file in SourceTree.Code("src")
            from type in file.Declarations
            where type.IsType && type.Name != "Log" // the messages of its file: they speak for themselves
            select (File: file, Type: type, Path.GetDirectoryName(file.Path));

        // One part of a partial type speaks for all.
        SourceTree.AssertNone(
            from part in types.GroupBy(type => (type.Item3, type.Type.Name))
            where !part.Any(type => HasSummary(type.File, type.Type))
            let first = part.First()
            select first.File.At(first.Type.FirstLine, $"{part.Key.Name} has no <summary>; say in a sentence what it is for"));
    }

    [Fact]
    public void File_IsNamedLikeItsMainType() => SourceTree.AssertNone(
        from file in SourceTree.Code("src")
        let name = Path.GetFileName(file.Path).Split('.')[0]
        let types = file.Declarations.Where(declaration => declaration.IsType).Select(type => type.Name).ToList()
        where types.Count > 0 && !types.Contains(name)
        select file.At(1, $"declares {types[0]}, not {name}; rename one of them"));

    [Fact]
    public void TrackedFile_KnowsNothingOfTheMachineItWasWrittenOn() => SourceTree.AssertNone(
        from file in SourceTree.All
        from match in MachineName().Matches(file.Text)
        select file.At(file.LineOf(match.Index), $"'{match.Value}' belongs to one machine or one feed; leave it out"));

    [Fact]
    public void LinkInMarkdown_LeadsToAFile() => SourceTree.AssertNone(
        from file in SourceTree.All
        where HasEnding(file, ".md")
        from match in Link().Matches(Quoted().Replace(file.Text, quoted => new string('\n', quoted.Value.Count(c => c == '\n'))))
        let target = match.Groups["target"].Value
        where !IsElsewhere(target) && !Path.Exists(Path.Combine(SourceTree.Root, Path.GetDirectoryName(file.Path)!, PathOf(target)))
        select $"{file.Path}: the link to '{target}' leads nowhere; correct it or add the file");

    private static IEnumerable<string> WhitespaceFaults(SourceFile file)
    {
        if (file.Text.Length > 0 && !file.Text.EndsWith('\n'))
        {
            yield return file.At(file.Lines.Length, "the last line has no newline; add one");
        }

        if (file.Text.IndexOf('\r', StringComparison.Ordinal) is >= 0 and var carriageReturn)
        {
            yield return file.At(file.LineOf(carriageReturn), "a line ends in CR LF; save the file with LF");
        }

        if (!HasEnding(file, ".sln") && file.Text.IndexOf('\t', StringComparison.Ordinal) is >= 0 and var tab)
        {
            yield return file.At(file.LineOf(tab), "a tab; indent with spaces");
        }
    }

    private static bool HasEnding(SourceFile file, params string[] endings) =>
        endings.Any(ending => file.Path.EndsWith(ending, StringComparison.Ordinal));

    private static bool HasSummary(SourceFile file, Declaration type) =>
        file.Lines.Take(type.AttributesLine - 1)
            .Reverse()
            .Select(line => line.TrimStart())
            .TakeWhile(line => line.StartsWith("///", StringComparison.Ordinal))
            .Any(line => line.Contains("<summary>", StringComparison.Ordinal) || line.Contains("<inheritdoc", StringComparison.Ordinal));

    private static string Arguments(string code, int start)
    {
        var depth = 1;
        var end = start;
        while (depth > 0 && end < code.Length)
        {
            depth += code[end] == '(' ? 1 : code[end] == ')' ? -1 : 0;
            end++;
        }

        return code[start..end];
    }

    /// <summary>Whether one of the arguments after the first is a clock.</summary>
    private static bool NamesAClock(string arguments) =>
        arguments.IndexOf(',', StringComparison.Ordinal) is >= 0 and var comma
        && arguments[comma..].Contains("time", StringComparison.OrdinalIgnoreCase);

    private static bool IsElsewhere(string target) => target.StartsWith('#') || target.Contains(':');

    private static string PathOf(string target) => Uri.UnescapeDataString(target.Split('#')[0]);

    // Brackets around a letter keep the patterns from finding themselves.
    [GeneratedRegex("""\b([T]ODO|[F]IXME|[H]ACK|[N]otImplementedException)\b|\b[S]kip\s*=\s*["$@]""")]
    private static partial Regex LeftoverMarker();

    [GeneratedRegex(@"\b(Thread\s*\.\s*Sleep|Task\s*\.\s*Delay)\s*\(")]
    private static partial Regex Wait();

    [GeneratedRegex(
        @"(?<![\w.~$}-])/(root|home|work)/"
        + @"|\b(nuget\.org|npmjs\.(org|com)|pypi\.org|pythonhosted\.org|jfrog\.io|pkgs\.dev\.azure\.com|myget\.org|pkg\.github\.com)\b"
        + @"|\b(crates\.io|rubygems\.org|proxy\.golang\.org|maven\.org)\b")]
    private static partial Regex MachineName();

    [GeneratedRegex(@"\]\(<?(?<target>[^)\s>]+)>?(\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^ *```.*?^ *```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Quoted();
}
