using System.Net;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class MetadataAddressesTests
{
    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.170.2")]
    [InlineData("169.254.170.23")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd00:ec2::23")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::169.254.170.2")]
    public async Task WhereAwsHandsOutCredentials_IsClosed(string address) =>
        await Assert.ThrowsAsync<ClosedAddressException>(
            async () => await MetadataAddresses.ResolveAsync(address, TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.1.1")]
    [InlineData("fd00:ec2::253")]
    [InlineData("52.94.1.1")]
    public async Task WhateverElseAnAllowedNameStandsFor_IsOpen(string address) =>
        Assert.Equal([IPAddress.Parse(address)], await MetadataAddresses.ResolveAsync(address, TestContext.Current.CancellationToken));
}
