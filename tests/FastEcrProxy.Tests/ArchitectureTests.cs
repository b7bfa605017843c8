using System.Text.RegularExpressions;

namespace FastEcrProxy.Tests;

public sealed partial class ArchitectureTests
{
    /// <summary>Which folder may use which. A new arrow is a design decision: change it here, in review.</summary>
    private static readonly Dictionary<string, string> Arrows = new()
    {
        ["Oci"] = "",
        ["Primitives"] = "",
        ["Observability"] = "",
        ["Transport"] = "Primitives Observability",
        ["Clients"] = "Oci Primitives Observability",
        ["Ecr"] = "Primitives Observability",
        ["Upstream"] = "Oci Ecr Primitives Observability",
        ["Cache"] = "Oci Primitives Observability",
        ["Http"] = "Oci Clients Cache Upstream Transport Primitives Observability",
        ["Admin"] = "Clients Cache Ecr Upstream Primitives Observability",
        ["Server"] = "Oci Primitives Observability Transport Clients Ecr Upstream Cache Http Admin",
        ["LocalEcr"] = "",
        ["Cli"] = "Server Replication Cache Ecr LocalEcr",
    };

    private static readonly HashSet<string> MayUseAspNet = ["Server", "Http", "Transport", "Admin", "Clients"];

    private static readonly HashSet<string> MayUseHttpClient = ["Upstream", "Ecr"];

    private static readonly ILookup<string, string> TypesByFolder = SourceTree.Code("src")
        .SelectMany(file => file.Declarations.Where(declaration => declaration.IsType).Select(type => (Folder: Folder(file), type.Name)))
        .ToLookup(type => type.Folder, type => type.Name);

    private static readonly HashSet<string> HttpClientTypes =
    [
        .. typeof(HttpMessageInvoker).Assembly.GetExportedTypes()
            .Where(type => type.Namespace == "System.Net.Http")
            .Select(type => type.Name.Split('`')[0]),
    ];

    public static TheoryData<string> Folders => [.. Arrows.Keys];

    private static IEnumerable<SourceFile> LibraryFiles =>
        SourceTree.Code("src").Where(file => file.Path.StartsWith("src/FastEcrProxy/", StringComparison.Ordinal));

    [Theory, MemberData(nameof(Folders))]
    public void Folder_UsesOnlyWhatItMay(string folder)
    {
        var allowed = Allowed(folder).Append(folder).ToHashSet();

        SourceTree.AssertNone(
            from file in SourceTree.Code("src")
            where Folder(file) == folder
            from use in Uses(file)
            where !allowed.Contains(use.Folder)
            select file.At(use.Line, $"{folder} may not use {use.Folder}; move the code, or draw the arrow in ArchitectureTests"));
    }

    [Fact]
    public void Folder_HasItsRowInTheTable() => SourceTree.AssertNone(
        from file in SourceTree.Code("src")
        where !Arrows.ContainsKey(Folder(file))
        select file.At(1, $"folder '{Folder(file)}' has no row in ArchitectureTests.Arrows; add one that says what it may use"));

    [Fact]
    public void Arrows_MakeNoCircle()
    {
        var settled = new HashSet<string>();
        while (Arrows.Keys.Except(settled).FirstOrDefault(folder => Allowed(folder).All(IsSettled)) is { } next)
        {
            settled.Add(next);
        }

        Assert.True(settled.Count == Arrows.Count, $"These use each other: {string.Join(", ", Arrows.Keys.Except(settled))}");

        bool IsSettled(string folder) => settled.Contains(folder) || !Arrows.ContainsKey(folder);
    }

    [Fact]
    public void Namespace_IsTheFolder() => SourceTree.AssertNone(
        from file in SourceTree.Code("src", "tests", "bench")
        let expected = string.Join('.', file.Path.Split('/')[1..^1])
        let declared = NamespaceDeclaration().Match(file.Code)
        where declared.Success ? declared.Groups["name"].Value != expected : file.Declarations.Any(declaration => declaration.IsType)
        select file.At(file.LineOf(declared.Index), $"the namespace should be {expected}, as the folder is called"));

    [Fact]
    public void Usings_AreSaidInTheFileThatUses() => SourceTree.AssertNone(
        (from file in SourceTree.Code("src")
         from match in GlobalUsing().Matches(file.Code)
         select file.At(file.LineOf(match.Index), "a global using hides an arrow; say it in each file"))
        .Concat(
            from file in SourceTree.All
            where file.Path.StartsWith("src/", StringComparison.Ordinal) && !file.Path.EndsWith(".cs", StringComparison.Ordinal)
            from match in ProjectUsing().Matches(file.Text)
            select file.At(file.LineOf(match.Index), "a using in the project hides an arrow; say it in each file")));

    [Fact]
    public void AspNet_IsUsedOnlyAtTheEdge() => SourceTree.AssertNone(
        from file in LibraryFiles
        where !MayUseAspNet.Contains(Folder(file))
        from match in AspNet().Matches(file.Code)
        select file.At(
            file.LineOf(match.Index),
            $"ASP.NET and Kestrel types stay in {string.Join(", ", MayUseAspNet)}; hand {Folder(file)} plain values"));

    [Fact]
    public void HttpClient_IsUsedOnlyTowardsRegistriesAndAws() => SourceTree.AssertNone(
        from file in LibraryFiles
        where !MayUseHttpClient.Contains(Folder(file))
        from match in Word().Matches(file.Code)
        where HttpClientTypes.Contains(match.Value) || HttpNamespace().IsMatch(file.Code.AsSpan(match.Index))
        select file.At(
            file.LineOf(match.Index),
            $"System.Net.Http stays in {string.Join(", ", MayUseHttpClient)}; hand {Folder(file)} a stream or a value"));

    /// <summary>Who dials decides by which names, and verifies: each place is one to be looked at.</summary>
    [Fact]
    public void Connections_AreMadeInFewPlaces()
    {
        HashSet<string> places =
        [
            "Upstream/Connections.cs", "Ecr/EcrConnections.cs", "Admin/HealthProbe.cs",
            "Server/ListenAddress.cs", // listens for a moment, and dials nobody
        ];

        SourceTree.AssertNone(
            from file in LibraryFiles
            where !places.Contains(file.Path["src/FastEcrProxy/".Length..])
            from match in Dialling().Matches(file.Code)
            select file.At(file.LineOf(match.Index), $"connections are made in {string.Join(", ", places)} only"));
    }

    [Fact]
    public void StandIn_SharesNoCodeWithTheProduct() => SourceTree.AssertNone(
        from file in SourceTree.All
        where file.Path is "src/FastEcrProxy.LocalEcr/FastEcrProxy.LocalEcr.csproj" or "src/FastEcrProxy/FastEcrProxy.csproj"
        where file.Text.Contains("<ProjectReference", StringComparison.Ordinal)
        select file.At(1, "the library and the stand-in know no other project: shared code would share its bugs"));

    private static IEnumerable<string> Allowed(string folder) => Arrows[folder].Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary><c>src/FastEcrProxy/Oci/Digest.cs</c> is in Oci, <c>src/FastEcrProxy.Cli/Program.cs</c> in Cli.</summary>
    private static string Folder(SourceFile file)
    {
        var parts = file.Path.Split('/');
        return parts[1] != "FastEcrProxy" ? parts[1].Split('.')[^1] : parts.Length > 3 ? parts[2] : "";
    }

    /// <summary>Every mention of a folder: in a using, written out in full, or from inside our namespace as <c>Oci.Digest</c>.</summary>
    private static IEnumerable<(string Folder, int Line)> Uses(SourceFile file)
    {
        foreach (Match match in Mention().Matches(file.Code))
        {
            yield return (match.Groups["folder"].Value, file.LineOf(match.Index));
        }

        foreach (Match match in Qualified().Matches(file.Code))
        {
            var folder = match.Groups["folder"].Value;
            if (TypesByFolder[folder].Contains(match.Groups["type"].Value))
            {
                yield return (folder, file.LineOf(match.Index));
            }
        }
    }

    [GeneratedRegex(@"\bFastEcrProxy\s*\.\s*(?<folder>\w+)")]
    private static partial Regex Mention();

    [GeneratedRegex(@"(?<![\w.])(?<folder>[A-Z]\w*)\.(?<type>[A-Z]\w*)")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceDeclaration();

    [GeneratedRegex(@"new\s+(SocketsHttpHandler|HttpClientHandler|HttpClient|TcpClient|UdpClient|Socket)\s*[({]|\bConnectAsync\s*\(")]
    private static partial Regex Dialling();

    [GeneratedRegex(@"\bglobal\s+using\b")]
    private static partial Regex GlobalUsing();

    [GeneratedRegex(@"<Using\s+Include=")]
    private static partial Regex ProjectUsing();

    [GeneratedRegex(@"\bMicrosoft\s*\.\s*AspNetCore\b")]
    private static partial Regex AspNet();

    [GeneratedRegex(@"(?<!\.)\b[A-Z]\w*")]
    private static partial Regex Word();

    [GeneratedRegex(@"\ASystem\s*\.\s*Net\s*\.\s*Http\b")]
    private static partial Regex HttpNamespace();
}
