using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Tests.Primitives;

public sealed class AddressesTests
{
    private static readonly IPNetwork[] Networks = [IPNetwork.Parse("10.0.0.0/24"), IPNetwork.Parse("2001:db8::/32")];

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::1", "::1")]
    public void Plain_IsIpv4InItsOwnForm(string address, string plain) =>
        Assert.Equal(IPAddress.Parse(plain), Addresses.Plain(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.0.0.255", true)]
    [InlineData("::ffff:10.0.0.255", true)]
    [InlineData("2001:db8:ffff::1", true)]
    [InlineData("10.0.1.0", false)]
    [InlineData("::ffff:10.0.1.0", false)]
    [InlineData("2001:db9::1", false)]
    public void IsIn_LooksIntoEveryNetwork(string address, bool isIn) =>
        Assert.Equal(isIn, Addresses.IsIn(IPAddress.Parse(address), Networks));

    [Fact]
    public void MappedAddress_IsInNoNetworkOfIpv6() =>
        Assert.False(Addresses.IsIn(IPAddress.Parse("::ffff:42.1.2.3"), [IPNetwork.Parse("2a00::/13"), IPNetwork.Parse("::/0")]));

    [Fact]
    public void NoNetworks_HoldNobody() => Assert.False(Addresses.IsIn(IPAddress.Loopback, []));
}
