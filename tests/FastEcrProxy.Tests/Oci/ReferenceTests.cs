using System.Text.RegularExpressions;
using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed partial class ReferenceTests
{
    [Theory]
    [InlineData("latest")]
    [InlineData("v1.2.3-rc.1_build")]
    [InlineData("_private")]
    [InlineData("0")]
    [InlineData("LATEST")]
    [InlineData("a..b")]
    [InlineData("sha256-abc.sig")]
    public void ValidTag_IsATag(string text)
    {
        Assert.True(Reference.TryParse(text, out var reference));
        Assert.False(reference.IsDigest);
        Assert.Equal(text, reference.Tag);
        Assert.Equal(text, reference.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData(".hidden")]
    [InlineData("-dash")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a%2e")]
    [InlineData("a\n")]
    [InlineData("größe")]
    [InlineData("a@b")]
    [InlineData("sha256:")]
    [InlineData("a:b")]
    [InlineData(":")]
    public void InvalidReference_IsRefused(string text) => Assert.False(Reference.TryParse(text, out _));

    [Fact]
    public void LengthOfATag_EndsAtItsLimit()
    {
        Assert.True(Reference.TryParse(new string('a', 128), out _));
        Assert.False(Reference.TryParse(new string('a', 129), out _));
    }

    [Fact]
    public void Digest_IsADigest() => Digests.Valid.Sample(text =>
        Reference.TryParse(text, out var reference)
        && reference.IsDigest
        && reference.Tag.Length == 0
        && reference.Digest.ToString() == text
        && reference.ToString() == text
        && reference == new Reference(Digests.Parse(text)));

    [Fact]
    public void RandomText_IsJudgedAsTheSpecificationDoes() =>
        Gen.String[Gen.Char["aZ0_.-:/%é"], 0, 6].Sample(text => Reference.TryParse(text, out _) == Tag().IsMatch(text));

    [Fact]
    public void AnyUnicodeText_IsJudgedAsTheSpecificationDoes() =>
        Gen.String.Sample(text => Reference.TryParse(text, out _) == Tag().IsMatch(text));

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z")]
    private static partial Regex Tag();
}
