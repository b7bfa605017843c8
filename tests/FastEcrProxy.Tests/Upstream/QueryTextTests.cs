using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class QueryTextTests
{
    [Fact]
    public void Values_AreEncoded() =>
        Assert.Equal("?n=5&last=a%26b%3D%20c%2F%2B%23", QueryText.Of(("n", "5"), ("no", null), ("last", "a&b= c/+#")));

    [Fact]
    public void NothingToSay_IsEmpty() => Assert.Equal("", QueryText.Of(("n", null)));

    [Theory]
    [InlineData("?nextToken=a%2Bb+c==&artifactType=x", "?nextToken=a%2Bb+c==&artifactType=x")]
    [InlineData("ns=ecr.example&last=x", "?last=x")]
    [InlineData("last=a b&n=1", "?n=1")]
    [InlineData("last=a\r\nX:y", "")]
    [InlineData("", "")]
    public void QueryThatComesBack_IsPassedOnAsItWas(string query, string expected) => Assert.Equal(expected, QueryText.Again(query));
}
