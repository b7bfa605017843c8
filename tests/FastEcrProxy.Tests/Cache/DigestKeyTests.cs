using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache;

public sealed class DigestKeyTests
{
    private const int KeptHexLength = 64;

    private static readonly Gen<Digest> Any = Gen.Byte.Array[64].Select(Gen.Bool, static (hash, isSha512) =>
    {
        var text = isSha512 ? "sha512:" + Convert.ToHexStringLower(hash) : "sha256:" + Convert.ToHexStringLower(hash[..32]);
        return Digest.TryParse(text, out var digest) ? digest : throw new InvalidOperationException(text);
    });

    [Fact]
    public void Key_SpellsTheDigestsFirstHalf() => Any.Sample(digest =>
        DigestKey.Of(digest).Hex == digest.Hex[..KeptHexLength].ToString() && DigestKey.Of(digest).IsSha512 == digest.IsSha512);

    [Fact]
    public void SameHexOfAnotherAlgorithm_IsAnotherKey()
    {
        Assert.True(Digest.TryParse("sha256:" + new string('a', 64), out var sha256));
        Assert.True(Digest.TryParse("sha512:" + new string('a', 128), out var sha512));

        Assert.NotEqual(DigestKey.Of(sha256), DigestKey.Of(sha512));
    }
}
