using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

/// <summary>Digests for tests, well formed and random.</summary>
internal static class Digests
{
    private const string Hex = "0123456789abcdef";

    public static readonly string Sha256A = "sha256:" + new string('a', 64);
    public static readonly string Sha256B = "sha256:" + new string('b', 64);
    public static readonly string Sha512C = "sha512:" + new string('c', 128);

    public static Gen<string> Valid { get; } = Gen.OneOf(
        Gen.String[Gen.Char[Hex], 64, 64].Select(hex => "sha256:" + hex),
        Gen.String[Gen.Char[Hex], 128, 128].Select(hex => "sha512:" + hex));

    public static Digest Parse(string text)
    {
        Assert.True(Digest.TryParse(text, out var digest), text);
        return digest;
    }
}
