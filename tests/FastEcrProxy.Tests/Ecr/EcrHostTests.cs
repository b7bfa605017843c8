using CsCheck;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class EcrHostTests
{
    private const string Frankfurt = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    private static readonly Gen<string> Accounts = Gen.Char["0123456789"].Array[12].Select(digits => new string(digits));

    private static readonly Gen<string> Regions = Gen.OneOf(
        "us-east-1", "ap-southeast-7", "mx-central-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1",
        "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1");

    /// <summary>Registry name, Region, API address: protocol.md, B1.</summary>
    public static TheoryData<string, string, string> Hosts => new()
    {
        { "dkr.ecr.eu-central-1.amazonaws.com", "eu-central-1", "api.ecr.eu-central-1.amazonaws.com" },
        { "dkr.ecr-fips.us-east-1.amazonaws.com", "us-east-1", "api.ecr-fips.us-east-1.amazonaws.com" },
        { "dkr-ecr.us-west-2.on.aws", "us-west-2", "ecr.us-west-2.api.aws" },
        { "dkr-ecr-fips.us-west-2.on.aws", "us-west-2", "ecr-fips.us-west-2.api.aws" },
        { "dkr.ecr.us-gov-west-1.amazonaws.com", "us-gov-west-1", "api.ecr.us-gov-west-1.amazonaws.com" },
        { "dkr.ecr-fips.us-gov-east-1.amazonaws.com", "us-gov-east-1", "api.ecr-fips.us-gov-east-1.amazonaws.com" },
        { "dkr-ecr.us-gov-west-1.on.aws", "us-gov-west-1", "ecr.us-gov-west-1.api.aws" },
        { "dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1", "api.ecr.cn-north-1.amazonaws.com.cn" },
        {
            "dkr-ecr.cn-northwest-1.on.amazonwebservices.com.cn", "cn-northwest-1",
            "ecr.cn-northwest-1.api.amazonwebservices.com.cn"
        },
        { "dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1", "api.ecr.eusc-de-east-1.amazonaws.eu" },
        { "dkr.ecr.us-iso-east-1.c2s.ic.gov", "us-iso-east-1", "api.ecr.us-iso-east-1.c2s.ic.gov" },
        { "dkr.ecr.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1", "api.ecr.us-isob-east-1.sc2s.sgov.gov" },
        { "dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1", "api.ecr.eu-isoe-west-1.cloud.adc-e.uk" },
        { "dkr.ecr.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1", "api.ecr.us-isof-south-1.csp.hci.ic.gov" },
    };

    [Theory, MemberData(nameof(Hosts))]
    public void EveryPartitionAndForm_IsReadAndLeadsToItsApi(string afterAccount, string region, string api)
    {
        var name = "123456789012." + afterAccount;

        Assert.True(EcrHost.TryParse(name, out var host));

        Assert.Equal("123456789012", host.Account);
        Assert.Equal(region, host.Region);
        Assert.Equal(name, host.RegistryName);
        Assert.Equal(new Uri("https://" + name), host.Registry);
        Assert.Equal(new Uri("https://" + api), host.ControlPlane);
        Assert.Equal(afterAccount.Contains("-fips", StringComparison.Ordinal), host.Fips);
        Assert.Equal(afterAccount.StartsWith("dkr-", StringComparison.Ordinal), host.DualStack);
    }

    [Theory]
    [InlineData("https://" + Frankfurt)]
    [InlineData("https://" + Frankfurt + "/")]
    [InlineData(Frankfurt + "/")]
    [InlineData("HTTPS://123456789012.DKR.ECR.EU-Central-1.AmazonAWS.com/")]
    public void SchemeSlashAndCase_MakeNoDifference(string text)
    {
        Assert.True(EcrHost.TryParse(text, out var host));

        Assert.Equal(Frankfurt, host.RegistryName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://")]
    [InlineData("http://" + Frankfurt)]
    [InlineData("https://https://" + Frankfurt)]
    [InlineData(Frankfurt + "//")]
    [InlineData(Frankfurt + "/v2/")]
    [InlineData(Frankfurt + ":443")]
    [InlineData(Frankfurt + ".")]
    [InlineData(Frankfurt + ".example.com")]
    [InlineData(" " + Frankfurt)]
    [InlineData("user@" + Frankfurt)]
    [InlineData("public.ecr.aws")]
    [InlineData("123456789012")]
    [InlineData("12345678901.dkr.ecr.eu-central-1.amazonaws.com")]
    [InlineData("1234567890123.dkr.ecr.eu-central-1.amazonaws.com")]
    [InlineData("12345678901a.dkr.ecr.eu-central-1.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr..amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.frankfurt.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu--1.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu-central-.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com.cn")]
    [InlineData("123456789012.dkr.ecr.cn-north-1.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.on.aws")]
    [InlineData("123456789012.dkr-ecr.eu-central-1.amazonaws.com")]
    [InlineData("123456789012.dkr-ecr.eu-central-1.api.aws")]
    [InlineData("123456789012.dkr-ecr.cn-north-1.on.aws")]
    [InlineData("123456789012.d\u212Ar.ecr.eu-central-1.amazonaws.com")]
    [InlineData("１23456789012.dkr.ecr.eu-central-1.amazonaws.com")]
    public void AnythingElse_IsRefused(string text)
    {
        Assert.False(EcrHost.TryParse(text, out _));
    }

    [Fact]
    public void WhateverIsParsed_RoundTripsAndNamesOnlyItself()
    {
        Gen.Select(Accounts, Regions, Gen.Bool, Gen.Bool).Sample((account, regionName, fips, dualStack) =>
        {
            Assert.True(AwsRegion.TryParse(regionName, out var region));
            var service = (dualStack ? "dkr-ecr" : "dkr.ecr") + (fips ? "-fips" : "");
            var suffix = dualStack ? region.DualStackRegistrySuffix : region.DnsSuffix;
            var name = $"{account}.{service}.{regionName}.{suffix}";

            Assert.True(EcrHost.TryParse(name, out var host));
            Assert.True(EcrHost.TryParse(host.Registry.ToString(), out var again));

            Assert.Equal(name, host.RegistryName);
            Assert.Equal(host, again);
            Assert.Equal((account, regionName, fips, dualStack), (host.Account, host.Region, host.Fips, host.DualStack));
        });
    }

    [Fact]
    public void AnyText_IsReadOrRefusedButNeverThrows()
    {
        var pieces = Gen.OneOf(
            "https://", "123456789012", ".dkr.ecr.", ".dkr-ecr.", "-", "/", "eu-central-1", ".amazonaws.com", "on.aws", ".", "é");

        Gen.Frequency((1, Gen.String), (3, pieces.Array[0, 8].Select(string.Concat))).Sample(text =>
        {
            if (EcrHost.TryParse(text, out var host))
            {
                Assert.Contains(host.RegistryName, text, StringComparison.OrdinalIgnoreCase);
            }
        });
    }

    [Theory]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.dualstack.eu-central-1.amazonaws.com")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3-fips.eu-central-1.amazonaws.com")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3-fips.dualstack.eu-central-1.amazonaws.com")]
    [InlineData("PROD-eu-central-1-starport-layer-bucket.S3.eu-central-1.amazonaws.com")]
    public void LayerBucketOfTheRegion_MayBeRedirectedTo(string bucket)
    {
        Assert.True(Parse(Frankfurt).AllowsRedirectTo(bucket));
    }

    [Fact]
    public void LayerBucketInChina_HasChinasSuffix()
    {
        var beijing = Parse("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn");

        Assert.True(beijing.AllowsRedirectTo("prod-cn-north-1-starport-layer-bucket.s3.cn-north-1.amazonaws.com.cn"));
        Assert.False(beijing.AllowsRedirectTo("prod-cn-north-1-starport-layer-bucket.s3.cn-north-1.amazonaws.com"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("s3.eu-central-1.amazonaws.com")]
    [InlineData("evil-prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com")]
    [InlineData("x.prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com")]
    [InlineData("prod-eu-central-1-starport-layer-bucket-evil.s3.eu-central-1.amazonaws.com")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com.evil.example")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com.")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com:443")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.us-east-1.amazonaws.com")]
    [InlineData("prod-us-east-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com")]
    [InlineData("prod-us-east-1-starport-layer-bucket.s3.us-east-1.amazonaws.com")]
    [InlineData("prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com.cn")]
    [InlineData("prod-eu-central-1-\u017Ftarport-layer-bucket.s3.eu-central-1.amazonaws.com")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    public void LookAlikes_MayNotBeRedirectedTo(string host)
    {
        Assert.False(Parse(Frankfurt).AllowsRedirectTo(host));
    }

    private static EcrHost Parse(string name)
    {
        Assert.True(EcrHost.TryParse(name, out var host));
        return host;
    }
}
