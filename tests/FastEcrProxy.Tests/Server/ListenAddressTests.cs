using System.Net;
using CsCheck;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class ListenAddressTests
{
    [Theory]
    [InlineData("0.0.0.0:5000", "0.0.0.0:5000")]
    [InlineData(":5000", "0.0.0.0:5000")]
    [InlineData("5000", "0.0.0.0:5000")]
    [InlineData("[::]:5000", "[::]:5000")]
    [InlineData("[::1]:0", "[::1]:0")]
    [InlineData("localhost:5001", "127.0.0.1:5001")]
    [InlineData("192.0.2.7:65535", "192.0.2.7:65535")]
    public void WhatPeopleWrite_IsThatAddress(string text, string expected)
    {
        var read = ListenAddress.TryParse(text, out var address);

        Assert.True(read);
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("0.0.0.0")]
    [InlineData("0.0.0.0:")]
    [InlineData("0.0.0.0:65536")]
    [InlineData("0.0.0.0:-1")]
    [InlineData("127.1:5000")]
    [InlineData("::1:5000")]
    [InlineData("[127.0.0.1]:5000")]
    [InlineData("[::1:5000")]
    [InlineData("registry.example.com:5000")]
    [InlineData("http://0.0.0.0:5000")]
    public void WhatIsNoAddress_IsRefused(string text) => Assert.False(ListenAddress.TryParse(text, out _));

    [Fact]
    public void WrittenAddress_IsReadBack() =>
        Gen.Select(Gen.Bool, Gen.Byte.Array[16], Gen.UShort).Sample((isIpv6, bytes, port) =>
        {
            var written = new IPEndPoint(new IPAddress(isIpv6 ? bytes : bytes[..4]), port);

            return ListenAddress.TryParse(written.ToString(), out var address) && address.Equals(written);
        });

    [Fact]
    public void AnyText_IsReadOrRefusedWithoutThrowing() =>
        Gen.String[Gen.Char["0123456789.:[]localhost% "], 0, 30].Sample(text => ListenAddress.TryParse(text, out _) || true);

    [Theory]
    [InlineData("0.0.0.0:5000", "127.0.0.1:5000", true)]
    [InlineData("[::]:5000", "127.0.0.1:5000", true)]
    [InlineData("127.0.0.1:5000", "127.0.0.1:5000", true)]
    [InlineData("127.0.0.1:5000", "127.0.0.2:5000", false)]
    [InlineData("0.0.0.0:5000", "0.0.0.0:5001", false)]
    [InlineData("0.0.0.0:0", "0.0.0.0:0", false)]
    public void TwoAddresses_ClashWhenOnePortWouldServeBoth(string one, string other, bool expected) =>
        Assert.Equal(expected, ListenAddress.Clash(IPEndPoint.Parse(one), IPEndPoint.Parse(other)));
}
