using System.Net;
using System.Text;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

public sealed class AuthorizationHeaderTests
{
    private static readonly ClientProof Nothing = new(IPAddress.Loopback);

    [Theory]
    [InlineData("user:password", "user", "password")]
    [InlineData("user:pass:word", "user", "pass:word")]
    [InlineData("user:", "user", "")]
    [InlineData("jörg:schlüssel", "jörg", "schlüssel")]
    public void Basic_IsUserAndPassword(string pair, string user, string password)
    {
        var read = AuthorizationHeader.Read("basic " + Encoded(pair), Nothing);

        Assert.Equal(Nothing with { User = user, Password = password }, read);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic !!!")]
    [InlineData("Basic dXNlcg==")] // "user", without a colon
    [InlineData("Basic /w==")] // no UTF-8
    [InlineData("Digest username=x")]
    [InlineData("x")]
    public void WhatNobodyCanRead_IsCredentialsOfNobody(string header)
    {
        var read = AuthorizationHeader.Read(header, Nothing);

        Assert.Equal(Nothing with { User = "", Password = "" }, read);
        Assert.True(read.HasCredentials);
    }

    [Fact]
    public void Bearer_IsItsToken() => Assert.Equal("abc", AuthorizationHeader.Read("Bearer  abc ", Nothing).Bearer);

    [Theory]
    [InlineData("")]
    [InlineData("Basic Og==")] // ":", as podman and skopeo send it that know no user
    public void NoHeaderOrAnEmptyOne_ShowsNothing(string header) =>
        Assert.False(AuthorizationHeader.Read(header, Nothing).HasCredentials);

    [Fact]
    public void Proof_IsWrittenWithoutItsSecrets()
    {
        var proof = Nothing with { User = "user", Password = "hush", Bearer = "silence" };

        Assert.DoesNotContain("hush", $"{proof}", StringComparison.Ordinal);
        Assert.DoesNotContain("silence", $"{proof}", StringComparison.Ordinal);
    }

    private static string Encoded(string pair) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pair));
}
