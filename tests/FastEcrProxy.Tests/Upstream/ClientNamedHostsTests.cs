using System.Net;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class ClientNamedHostsTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.10")]
    [InlineData("0.0.0.0")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("fd00:ec2::254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::169.254.169.254")]
    [InlineData("64:ff9b::7f00:1")]
    public void MachineAndItsLink_AreClosed(string address) => Assert.False(ClientNamedHosts.Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("169.253.0.1")]
    [InlineData("52.94.1.1")]
    [InlineData("fd00::1")]
    [InlineData("2600:1f18::1")]
    [InlineData("::2")]
    [InlineData("64:ff9b::10.0.0.1")]
    public void PrivateAndPublicNetworks_AreOpen(string address) => Assert.True(ClientNamedHosts.Allows(IPAddress.Parse(address)));

    [Fact]
    public async Task HostOfThisMachine_HasNoAddress() =>
        await Assert.ThrowsAsync<ClosedAddressException>(
            async () => await ClientNamedHosts.ResolveAsync("localhost", TestContext.Current.CancellationToken));

    [Fact]
    public async Task HostElsewhere_HasItsAddresses() =>
        Assert.Equal([IPAddress.Parse("10.0.0.1")], await ClientNamedHosts.ResolveAsync("10.0.0.1", TestContext.Current.CancellationToken));
}
