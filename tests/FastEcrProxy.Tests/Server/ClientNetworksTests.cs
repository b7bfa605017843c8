using System.Net;
using CsCheck;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class ClientNetworksTests
{
    [Theory]
    [InlineData("10.0.0.0/8")]
    [InlineData("192.0.2.7/32")]
    [InlineData("0.0.0.0/0")]
    [InlineData("2001:db8::/32")]
    [InlineData("::1/128")]
    public void Network_HasNoProblem(string text)
    {
        Assert.Null(ClientNetworks.ProblemWith(text));
        Assert.Equal(IPNetwork.Parse(text), ClientNetworks.Parse(text));
    }

    [Theory]
    [InlineData("10.1.2.3/8", "10.1.2.3/8 is an address in a network; write 10.0.0.0/8 for all of it, 10.1.2.3/32 for it alone")]
    [InlineData("10.0.0.255/31", "10.0.0.255/31 is an address in a network; write 10.0.0.254/31 for all of it, 10.0.0.255/32 for it alone")]
    [InlineData("2001:db8::1/33",
        "2001:db8::1/33 is an address in a network; write 2001:db8::/33 for all of it, 2001:db8::1/128 for it alone")]
    [InlineData("10.1.2.3", "10.1.2.3 is an address; write 10.1.2.3/32 for it alone")]
    [InlineData("::1", "::1 is an address; write ::1/128 for it alone")]
    [InlineData("10.0.0.0/33", "10.0.0.0/33 is no network; after the slash a number from 0 to 32 is needed")]
    [InlineData("10.0.0.0/", "10.0.0.0/ is no network; after the slash a number from 0 to 32 is needed")]
    [InlineData("10.0.0.0/-1", "10.0.0.0/-1 is no network; after the slash a number from 0 to 32 is needed")]
    [InlineData("10/8", "10/8 is no network; write 10.0.0.0/8 or 2001:db8::/32")]
    [InlineData("10.0/16", "10.0/16 is no network; write 10.0.0.0/8 or 2001:db8::/32")]
    [InlineData("registry.example.com", "registry.example.com is no network; write 10.0.0.0/8 or 2001:db8::/32")]
    [InlineData("/8", "/8 is no network; write 10.0.0.0/8 or 2001:db8::/32")]
    public void WhatIsNoNetwork_IsToldWhichOneIsMeant(string text, string expected) =>
        Assert.Equal(expected, ClientNetworks.ProblemWith(text));

    [Fact]
    public void WhatHasNoProblem_CanBeReadAndWhatHasOneIsToldOneThatHasNone() =>
        Gen.Select(Gen.Bool, Gen.Byte.Array[16], Gen.Int[0, 32]).Sample((isIpv6, bytes, length) =>
        {
            var text = $"{new IPAddress(isIpv6 ? bytes : bytes[..4])}/{length}";

            var problem = ClientNetworks.ProblemWith(text);

            var meant = problem?.Split("write ")[1].Split(' ')[0] ?? text;
            return ClientNetworks.ProblemWith(meant) is null && ClientNetworks.Parse(meant).PrefixLength == length;
        });
}
