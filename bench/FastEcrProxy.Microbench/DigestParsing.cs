using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Microbench;

/// <summary>Question: is the hand-written digest check worth having over a generated regex?</summary>
[MemoryDiagnoser]
public partial class DigestParsing
{
    private const string Text = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Benchmark(Baseline = true)]
    public bool GeneratedRegex() => Pattern().IsMatch(Text);

    [Benchmark]
    public bool SearchValues() => Digest.TryParse(Text, out _);

    [GeneratedRegex("^sha256:[0-9a-f]{64}$")]
    private static partial Regex Pattern();
}
