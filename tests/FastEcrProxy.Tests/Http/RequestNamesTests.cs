using FastEcrProxy.Http;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class RequestNamesTests
{
    [Theory]
    [InlineData("registry.example.com", "registry.example.com")]
    [InlineData("registry.example.com:5000", "registry.example.com")]
    [InlineData("10.0.0.1:443", "10.0.0.1")]
    [InlineData("[fd00::1]:5000", "[fd00::1]")]
    [InlineData("[fd00::1]", "[fd00::1]")]
    [InlineData("registry:", "registry")]
    [InlineData("", "")]
    public void Host_LosesItsPortAsInTheFramework(string host, string name)
    {
        Assert.Equal(name, HostOf(host));
        Assert.Equal(name, new HostString(host).Host);
    }

    private static string HostOf(string host)
    {
        var http = new DefaultHttpContext();
        http.Request.Host = new HostString(host);
        return RequestNames.HostOf(http.Request).ToString();
    }
}
