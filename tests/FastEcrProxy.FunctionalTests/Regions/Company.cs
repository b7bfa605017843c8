using Amazon.Runtime;
using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>A company with three Regions and two accounts, and proxies in front of them.</summary>
internal static class Company
{
    public const string Near = "eu-central-1";
    public const string Far = "us-east-1";
    public const string Farthest = "cn-north-1";
    public const string OtherAccount = "210987654321";

    public static LocalEcrOptions Ecr { get; } = new()
    {
        Regions =
        [
            new LocalRegionOptions(Near),
            new LocalRegionOptions(Far),
            new LocalRegionOptions(Farthest),
            new LocalRegionOptions(Near) { Account = new LocalAccount(OtherAccount) },
        ],
    };

    /// <summary>A proxy whose rules are made once the Regions have their ports.</summary>
    public static Task<ProxyUnderTest> StartAsync(
        Func<LocalEcrServer, IReadOnlyList<RuleOptions>> rules,
        Func<ProxySettings, ProxySettings>? adjust = null,
        TimeProvider? time = null) =>
        ProxyUnderTest.StartAsync(
            Ecr,
            time: time,
            ecrKnown: (ecr, settings) =>
            {
                settings = settings with { Upstreams = rules(ecr) };
                return adjust?.Invoke(settings) ?? settings;
            });

    /// <summary>One rule for everything: the near Region, then the far one, which is the primary.</summary>
    public static Task<ProxyUnderTest> StartNearAndFarAsync(
        Func<RuleOptions, RuleOptions>? rule = null,
        Func<ProxySettings, ProxySettings>? adjust = null,
        TimeProvider? time = null) =>
        StartAsync(
            ecr =>
            {
                var options = new RuleOptions
                {
                    Name = "company",
                    Registries = [Registry(ecr[Near]), Registry(ecr[Far])],
                    Primary = Far,
                };
                return [rule?.Invoke(options) ?? options];
            },
            adjust,
            time);

    /// <summary>A local Region as a rule names it.</summary>
    public static RegistryOptions Registry(LocalRegion region)
    {
        Assert.True(EcrHost.TryParse(region.EcrHost, out var host));
        return new RegistryOptions(
            region.Name,
            new UpstreamOptions
            {
                Host = host,
                Endpoint = region.Registry,
                AllowedRedirectHosts = [region.Layers.Authority],
                ConnectTimeout = ProxyUnderTest.Patience,
                FirstByteTimeout = ProxyUnderTest.Patience,
                IdleTimeout = ProxyUnderTest.Patience,
            },
            new EcrOptions
            {
                Region = region.Name,
                ControlPlane = region.ControlPlane,
                Credentials = new BasicAWSCredentials(region.AccessKeyId, region.SecretAccessKey),
            });
    }
}
