using System.Net;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class PublicAddressesTests
{
    [Theory]
    [InlineData("127.0.0.1", "8.8.8.8", null)]
    [InlineData("10.1.2.3", "8.8.8.8", null)]
    [InlineData("172.31.0.1", "", null)]
    [InlineData("172.32.0.1", "", "172.32.0.1")]
    [InlineData("192.168.0.1", "", null)]
    [InlineData("100.64.0.1", "", null)]
    [InlineData("::1", "", null)]
    [InlineData("fd00::1", "", null)]
    [InlineData("2a05:d014::1", "", "2a05:d014::1")]
    [InlineData("::ffff:10.0.0.1", "", null)]
    [InlineData("::ffff:52.0.0.1", "", "::ffff:52.0.0.1")]
    [InlineData("52.0.0.1", "", "52.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1 10.0.0.1", null)]
    [InlineData("0.0.0.0", "127.0.0.1 52.0.0.1", "52.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1 2a05:d014::1", null)]
    [InlineData("::", "127.0.0.1 2a05:d014::1", "2a05:d014::1")]
    [InlineData("::", "127.0.0.1 52.0.0.1", "52.0.0.1")]
    public void Address_IsOpenToTheInternetUnlessItIsPrivate(string listen, string own, string? expected)
    {
        var addresses = own.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse);

        Assert.Equal(expected, PublicAddresses.Of(IPAddress.Parse(listen), () => addresses)?.ToString());
    }
}
