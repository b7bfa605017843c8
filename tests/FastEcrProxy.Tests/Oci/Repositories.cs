using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

/// <summary>Names of repositories for tests: valid ones, and texts that are nearly valid.</summary>
internal static class Repositories
{
    private static readonly Gen<string> Run = Gen.String[Gen.Char["abz019"], 1, 4];

    private static readonly Gen<string> Component = Gen.Select(
        Run,
        Gen.Select(Gen.OneOf(".", "_", "__", "-", "---"), Run).Array[0, 3],
        (first, rest) => first + string.Concat(rest.Select(pair => pair.Item1 + pair.Item2)));

    /// <summary>Words of the API are names like any other.</summary>
    public static Gen<string> Valid { get; } =
        Gen.Frequency((4, Component), (1, Gen.OneOf("blobs", "manifests", "tags", "list", "uploads", "referrers", "v2")))
            .Array[1, 5]
            .Select(components => string.Join('/', components))
            .Where(name => name.Length <= 256);

    /// <summary>Few characters, so that every rule of the grammar is met and broken often.</summary>
    public static Gen<string> Nearly { get; } = Gen.String[Gen.Char["aab0._-/A%"], 0, 8];

    public static Repository Parse(string text)
    {
        Assert.True(Repository.TryParse(text, out var repository), text);
        return repository;
    }
}
