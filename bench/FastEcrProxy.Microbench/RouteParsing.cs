using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Microbench;

/// <summary>Question: does reading a path by hand, from its right-hand end, pay beside regular expressions or a table of paths?</summary>
[MemoryDiagnoser]
[MinColumn, MedianColumn]
public partial class RouteParsing
{
    private const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    private readonly Dictionary<string, OciRoute> _seen = [];
    private Dictionary<string, OciRoute>.AlternateLookup<ReadOnlySpan<char>> _seenBySpan;

    [Params($"/v2/team/service/manifests/{Digest}", "/v2/team/service/manifests/v1.2.3", $"/v2/team/service/blobs/{Digest}")]
    public string Path { get; set; } = "";

    [GlobalSetup]
    public void Remember()
    {
        OciRoute.TryParse(Path, out var route);
        _seen[Path] = route;
        _seenBySpan = _seen.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>As the reference implementation does it: the grammars of the specification put together, one for each noun.</summary>
    [Benchmark(Baseline = true)]
    public (string Name, string Reference)? GeneratedRegexes() =>
        NamesIn(Manifests().Match(Path)) ?? NamesIn(Blobs().Match(Path));

    [Benchmark]
    public bool ByHand() => OciRoute.TryParse(Path, out _) is null;

    /// <summary>For comparison: every path known already, nothing ever forgotten.</summary>
    [Benchmark]
    public bool TableOfPaths() => _seenBySpan.TryGetValue(Path, out _);

    private static (string Name, string Reference)? NamesIn(Match match) =>
        match.Success ? (match.Groups["name"].Value, match.Groups["reference"].Value) : null;

    [GeneratedRegex(
        @"^/v2/(?<name>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)/manifests/"
        + @"(?<reference>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")]
    private static partial Regex Manifests();

    [GeneratedRegex(
        @"^/v2/(?<name>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)/blobs/"
        + @"(?<reference>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$")]
    private static partial Regex Blobs();
}
