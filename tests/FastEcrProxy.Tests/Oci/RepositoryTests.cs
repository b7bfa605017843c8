using System.Text.RegularExpressions;
using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed partial class RepositoryTests
{
    private const int LengthMax = 256;

    [Theory]
    [InlineData("a")]
    [InlineData("hello-world")]
    [InlineData("team/app")]
    [InlineData("foo/blobs")]
    [InlineData("foo/manifests")]
    [InlineData("a/tags/list")]
    [InlineData("foo/blobs/uploads")]
    [InlineData("v2/v2")]
    [InlineData("a.b_c__d-e---f/0")]
    [InlineData("docker.io/library/nginx")]
    public void ValidName_IsParsed(string text)
    {
        Assert.True(Repository.TryParse(text, out var repository));
        Assert.Equal(text, repository.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a..b")]
    [InlineData("a___b")]
    [InlineData("a._b")]
    [InlineData("a-.b")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a_")]
    [InlineData("_a")]
    [InlineData("_catalog")]
    [InlineData("A")]
    [InlineData("team/App")]
    [InlineData("a b")]
    [InlineData("a%2fb")]
    [InlineData("a%2Fb")]
    [InlineData("%2e%2e")]
    [InlineData("a\\b")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    [InlineData("a:5000/b")]
    [InlineData("a@b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a+b")]
    [InlineData("a~b")]
    [InlineData("é")]
    [InlineData("ａ")]
    [InlineData("٣")]
    [InlineData("ı")]
    public void InvalidName_IsRefused(string text) => Assert.False(Repository.TryParse(text, out _));

    [Fact]
    public void LengthOfAName_EndsAtItsLimit()
    {
        Assert.True(Repository.TryParse(new string('a', LengthMax), out _));
        Assert.False(Repository.TryParse(new string('a', LengthMax + 1), out _));
    }

    [Fact]
    public void GeneratedName_IsParsedAndPrintedBack() =>
        Repositories.Valid.Sample(text => Repository.TryParse(text, out var repository) && repository.ToString() == text);

    [Fact]
    public void RandomText_IsJudgedAsTheSpecificationDoes() =>
        Repositories.Nearly.Sample(text => Repository.TryParse(text, out _) == IsNameBySpecification(text), iter: 20_000);

    [Fact]
    public void AnyUnicodeText_IsJudgedAsTheSpecificationDoes() =>
        Gen.String.Sample(text => Repository.TryParse(text, out _) == IsNameBySpecification(text));

    private static bool IsNameBySpecification(string text) => text.Length <= LengthMax && Specification().IsMatch(text);

    // distribution-spec, "Pulling manifests", with \z for the end: $ would let a line feed through.
    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Specification();
}
