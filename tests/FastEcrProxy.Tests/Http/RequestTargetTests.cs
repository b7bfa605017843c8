using FastEcrProxy.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class RequestTargetTests
{
    [Theory]
    [InlineData("/v2/", "/v2/")]
    [InlineData("/v2/a/tags/list?n=1&last=?", "/v2/a/tags/list")]
    [InlineData("/v2/a%2fb/", "/v2/a%2fb/")]
    [InlineData("/v2/../x", "/v2/../x")]
    [InlineData("http://registry.example.com/v2/?x", "/v2/")]
    [InlineData("HTTPS://registry.example.com:443/v2/a", "/v2/a")]
    [InlineData("http://registry.example.com", "/")]
    [InlineData("http://registry.example.com?x=/v2/", "")]
    [InlineData("*", "")]
    [InlineData("registry.example.com:443", "")]
    [InlineData("", "")]
    [InlineData("v2/", "")]
    public void Path_IsTakenAsItCame(string target, string path) => Assert.Equal(path, RequestTarget.PathOf(target).ToString());
}
