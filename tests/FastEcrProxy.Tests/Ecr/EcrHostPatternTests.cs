using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class EcrHostPatternTests
{
    [Theory]
    [InlineData("*")]
    [InlineData("*.com")]
    [InlineData("*.amazonaws.com")]
    [InlineData("*.AmazonAWS.com")]
    [InlineData("*1.amazonaws.com")]
    [InlineData("*-west-1.amazonaws.com")]
    [InlineData("*.eu-west-1.amazonaws.com")]
    [InlineData("*-fips.eu-west-1.amazonaws.com")]
    [InlineData("*.ecr.eu-west-1.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.*.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu-*.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu-west-1*.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr*.eu-west-1.amazonaws.com")]
    [InlineData("123456789012.dkr*.amazonaws.com")]
    [InlineData("1234*.amazonaws.com")]
    [InlineData("*.on.aws")]
    [InlineData("*.eu-west-1.on.aws")]
    [InlineData("123456789012.dkr-ecr.*.on.aws")]
    [InlineData("*.amazonaws.com.cn")]
    [InlineData("*.com.cn")]
    [InlineData("*.c2s.ic.gov")]
    [InlineData("*.amazonaws.eu")]
    public void PartThatMayBeARegionOrAService_LeavesTheTokenOpen(string pattern) => Assert.True(Of(pattern).LeavesTokenOpen);

    [Theory]
    [InlineData("*.dkr.ecr.eu-west-1.amazonaws.com")]
    [InlineData("*.dkr.ecr-fips.us-east-1.amazonaws.com")]
    [InlineData("*.dkr-ecr.eu-west-1.on.aws")]
    [InlineData("*.dkr.ecr.cn-north-1.amazonaws.com.cn")]
    [InlineData("1234*.dkr.ecr.eu-west-1.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu-west-1.*")]
    [InlineData("*.example.com")]
    [InlineData("*.docker.io")]
    [InlineData("registry.*.amazonaws.com")]
    [InlineData("mirror-*.amazonaws.com")]
    [InlineData("*.my-registry.amazonaws.com")]
    [InlineData("*-registry.amazonaws.com")]
    [InlineData("*.myamazonaws.com")]
    [InlineData("*.amazonaws.com:443")]
    public void AccountAlone_OrNothingOfEcr_DoesNot(string pattern) => Assert.False(Of(pattern).LeavesTokenOpen);

    private static EcrHostPattern Of(string pattern) =>
        pattern.Split('*') is [var head, var tail] ? new EcrHostPattern(head, tail) : throw new ArgumentException(pattern);
}
