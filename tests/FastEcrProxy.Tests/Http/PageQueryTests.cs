using FastEcrProxy.Http;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class PageQueryTests
{
    [Theory]
    [InlineData("", null, null)]
    [InlineData("?n=20", 20, null)]
    [InlineData("?n=0", 0, null)]
    [InlineData("?n=1001&last=v1", 1000, "v1")]
    [InlineData("?n=99999999999999999999", 1000, null)]
    [InlineData("?last=ab%2Bc%3D%3D&ns=docker.io&x=y", null, "ab+c==")]
    [InlineData("?last=", null, null)]
    public void LimitAndLast_AreRead(string query, int? limit, string? last)
    {
        Assert.Null(PageQuery.TryParse(Query(query), out var page));

        Assert.Equal(new PageQuery(limit, last), page);
    }

    [Theory]
    [InlineData("?n=-1")]
    [InlineData("?n=")]
    [InlineData("?n=ten")]
    [InlineData("?n=1.5")]
    [InlineData("?n=1&n=2")]
    public void LimitThatIsNoNumber_IsRefused(string query)
    {
        var error = PageQuery.TryParse(Query(query), out _);

        Assert.Equal((400, "PAGINATION_NUMBER_INVALID"), (error?.Status, error?.Code));
    }

    [Fact]
    public void Link_IsAPathHere() => Assert.Equal(
        "</v2/team/app/tags/list?n=2&last=a%2Bb>; rel=\"next\"", PageQuery.Link("/v2/team/app/tags/list", "n=2&last=a%2Bb"));

    private static IQueryCollection Query(string query)
    {
        var http = new DefaultHttpContext();
        http.Request.QueryString = new QueryString(query);
        return http.Request.Query;
    }
}
