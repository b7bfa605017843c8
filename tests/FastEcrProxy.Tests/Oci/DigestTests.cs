using System.Security.Cryptography;
using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class DigestTests
{
    private const string HelloSha256 = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    public static TheoryData<string> Malformed => new()
    {
        "",
        "sha256",
        "sha256:",
        new string('a', 64),
        "sha256:" + new string('a', 63),
        "sha256:" + new string('a', 65),
        "sha256:" + new string('A', 64),
        "sha256:" + new string('g', 64),
        "sha256:" + new string('a', 63) + "\n",
        "sha256:" + new string('a', 63) + "ａ", // full-width a
        "sha256:" + new string('a', 128),
        "sha512:" + new string('a', 64),
        "SHA256:" + new string('a', 64),
        "sha384:" + new string('a', 96),
        "md5:" + new string('a', 32),
        "sha256-" + new string('a', 64),
        " sha256:" + new string('a', 63),
        "sha256:../" + new string('a', 61),
        "sha256:sha256:" + new string('a', 57),
    };

    [Theory, MemberData(nameof(Malformed))]
    public void MalformedText_IsRefused(string text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void WellFormedText_PrintsBack() => Digests.Valid.Sample(text => Digests.Parse(text).ToString() == text);

    [Fact]
    public void AnyText_IsParsedOrRefusedWithoutException() => Gen.String.Sample(text => !Digest.TryParse(text, out _));

    [Fact]
    public void OneWrongCharacter_IsRefused() =>
        Gen.Select(Digests.Valid, Gen.Int[0, 70], Gen.Char).Sample((text, at, wrong) =>
        {
            var changed = text.ToCharArray();
            changed[at] = wrong;

            var expected = at >= "sha256:".Length ? "0123456789abcdef".Contains(wrong) : wrong == text[at];
            return Digest.TryParse(changed, out _) == expected;
        });

    [Fact]
    public void Parts_AreThoseOfTheText()
    {
        var short256 = Digests.Parse(Digests.Sha256A);
        var long512 = Digests.Parse(Digests.Sha512C);

        Assert.Equal("sha256", short256.Algorithm.ToString());
        Assert.Equal(new string('a', 64), short256.Hex.ToString());
        Assert.False(short256.IsSha512);
        Assert.Equal("sha512", long512.Algorithm.ToString());
        Assert.Equal(new string('c', 128), long512.Hex.ToString());
        Assert.True(long512.IsSha512);
    }

    [Fact]
    public void DigestOfBytes_IsTheirSha256()
    {
        var digest = Digest.Of("hello"u8);

        Assert.Equal(HelloSha256, digest.ToString());
        Assert.Equal(Digests.Parse(HelloSha256), digest);
    }

    [Fact]
    public void DigestOfBytes_IsOfTheseBytesOnly() => Gen.Byte.Array.Sample(content =>
    {
        var digest = Digest.Of(content);

        return digest.IsOf(content) && !digest.IsOf([.. content, 0]) && digest.Matches(SHA256.HashData(content));
    });

    [Fact]
    public void Sha512_IsCheckedWithSha512()
    {
        var content = "hello"u8.ToArray();
        var digest = Digests.Parse("sha512:" + Convert.ToHexStringLower(SHA512.HashData(content)));

        Assert.True(digest.IsOf(content));
        Assert.False(digest.IsOf("hallo"u8));
        Assert.False(digest.Matches(SHA256.HashData(content)));
    }

    [Fact]
    public void NoDigestAtAll_EqualsOnlyItself()
    {
        Assert.Equal(default, default(Digest));
        Assert.NotEqual(default, Digests.Parse(Digests.Sha256A));
    }
}
