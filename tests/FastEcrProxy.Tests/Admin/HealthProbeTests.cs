using System.Net;
using FastEcrProxy.Admin;

namespace FastEcrProxy.Tests.Admin;

public sealed class HealthProbeTests
{
    [Theory]
    [InlineData("0.0.0.0:5001", "127.0.0.1:5001")]
    [InlineData("[::]:5001", "[::1]:5001")]
    [InlineData("10.1.2.3:5001", "10.1.2.3:5001")]
    [InlineData("[fe80::1]:5001", "[fe80::1]:5001")]
    public void Wildcard_IsAskedOnLoopback(string listened, string asked) =>
        Assert.Equal(IPEndPoint.Parse(asked), HealthProbe.Reachable(IPEndPoint.Parse(listened)));

    [Fact]
    public void Name_IsAskedAsItIs()
    {
        var name = new DnsEndPoint("localhost", 5001);

        Assert.Same(name, HealthProbe.Reachable(name));
    }
}
