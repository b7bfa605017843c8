using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class NamespacePatternTests
{
    [Theory]
    [InlineData("docker.io", "docker.io")]
    [InlineData("docker.io", "Docker.IO")]
    [InlineData("registry.example.com:5000", "registry.example.com:5000")]
    [InlineData("127.0.0.1:5000", "127.0.0.1:5000")]
    [InlineData("*.dkr.ecr.eu-west-1.amazonaws.com", "123456789012.dkr.ecr.eu-west-1.amazonaws.com")]
    [InlineData("*.example.com", "a.b.example.com")]
    [InlineData("registry.*", "registry.example.com")]
    [InlineData("*", "quay.io")]
    [InlineData("*:5000", "localhost:5000")]
    [InlineData("a*a", "aba")]
    public void Name_ThatThePatternMeans_Matches(string pattern, string ns) => Assert.True(new NamespacePattern(pattern).Matches(ns));

    [Theory]
    [InlineData("docker.io", "docker.io:443")]
    [InlineData("docker.io", "xdocker.io")]
    [InlineData("*.example.com", "example.com")]
    [InlineData("*.example.com", ".example.com")]
    [InlineData("*.example.com", "a.example.com:5000")]
    [InlineData("*.example.com", "evil.com/.example.com")]
    [InlineData("*.example.com", "evil.com#.example.com")]
    [InlineData("*.example.com", "user@a.example.com")]
    [InlineData("registry.*", "registry.example.com:5000")]
    [InlineData("a*a", "a")]
    [InlineData("a*a", "aa")]
    [InlineData("*", "")]
    [InlineData("*", ".example.com")]
    [InlineData("*", "a..example.com")]
    [InlineData("*.example.com", "a..example.com")]
    public void OtherName_DoesNotMatch(string pattern, string ns) => Assert.False(new NamespacePattern(pattern).Matches(ns));

    [Theory]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.169.254.")]
    [InlineData("169.254.169.254:80")]
    [InlineData("2852039166")]
    [InlineData("0xa9fea9fe")]
    [InlineData("a.0xa9")]
    [InlineData("[fd00:ec2::254]")]
    public void Address_IsNamedByNoPattern(string ns) =>
        Assert.All(["*", "*:80", "*.254", "1*", "a*", "*e"], pattern => Assert.False(new NamespacePattern(pattern).Matches(ns)));
}
