using CsCheck;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class NextPageTests
{
    [Theory]
    [InlineData("<https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/list?n=2&last=abc%3D>; rel=\"next\"", "n=2&last=abc%3D")]
    [InlineData("</v2/a/tags/list?last=x&n=5>; rel=\"next\"", "last=x&n=5")]
    [InlineData("</v2/a/tags/list?last=x>;rel=next", "last=x")]
    [InlineData(" <?last=x> ; REL = \"Next\" ", "last=x")]
    [InlineData("<https://evil.example/other?last=x#frag>; rel=\"next\"", "last=x")]
    [InlineData("</p?page=1>; rel=\"prev\"; title=\"a, b\", </p?page=3>; rel=\"next\"", "page=3")]
    [InlineData("</p?last=a,b>; rel=\"next\"", "last=a,b")]
    public void NextLink_GivesItsQueryOnly(string header, string query)
    {
        Assert.True(NextPage.TryParse(header, out var next));
        Assert.Equal(query, next);
    }

    [Theory]
    [InlineData("")]
    [InlineData("</p?page=1>; rel=\"prev\"")]
    [InlineData("</p?page=1>")]
    public void NoNextLink_IsTheLastPage(string header)
    {
        Assert.True(NextPage.TryParse(header, out var next));
        Assert.Null(next);
    }

    [Theory]
    [InlineData("/p?last=x; rel=\"next\"")]
    [InlineData("</p?last=x; rel=\"next\"")]
    [InlineData("</p>; rel=\"next\"")]
    [InlineData("</p?>; rel=\"next\"")]
    [InlineData("</p?last=a b>; rel=\"next\"")]
    [InlineData("</p?last=a\"b>; rel=\"next\"")]
    [InlineData("</p?last=ü>; rel=\"next\"")]
    [InlineData(">")]
    public void SenselessLink_IsNone(string header)
    {
        Assert.False(NextPage.TryParse(header, out var next));
        Assert.Null(next);
    }

    [Fact]
    public void AnyHeader_GivesAQueryThatCanStandInALinkAgain_OrNone() =>
        Gen.String[Gen.Char["<>;,=\"? \r\nrelnextü#%a/&"], 0, 40].Select(text => text.Contains('<') ? text : $"<?{text}>;rel=next")
            .Sample(header =>
            {
                NextPage.TryParse(header, out var query);
                Assert.True(query is null || (query.Length > 0 && query.AsSpan().IndexOfAny("<>\"\r\n# ü") < 0), query);
            });

    [Fact]
    public void OverlongQuery_IsNone() => Assert.False(NextPage.TryParse($"</p?last={new string('a', 5000)}>; rel=\"next\"", out _));
}
