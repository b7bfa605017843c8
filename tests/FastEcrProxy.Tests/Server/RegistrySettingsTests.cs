using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Server;

public sealed class RegistrySettingsTests
{
    [Fact]
    public void EverythingThatARegistryCanSay_IsRead()
    {
        var registry = Read(
            $$"""
            {
              "Name": "eu", "Host": "{{RuleFile.Eu}}", "Endpoint": "http://127.0.0.1:5000", "Auth": "ecr",
              "AllowedRedirectHosts": ["bucket.example.com", "127.0.0.1:9000"],
              "ConnectTimeout": "1s", "FirstByteTimeout": "2s", "IdleTimeout": "3s",
              "Aws": {
                "Region": "eu-central-1", "Profile": "team", "RoleArn": "arn:aws:iam::123456789012:role/pull",
                "ExternalId": "between-us", "SessionName": "edge",
                "ControlPlane": "http://127.0.0.1:1", "Fips": true, "DualStack": true }
            }
            """);

        Assert.Equal(("eu", RuleFile.Eu, "http://127.0.0.1:5000/"), (
            registry.Name, registry.Upstream.Host!.RegistryName, registry.Upstream.Endpoint!.ToString()));
        Assert.Equal(["bucket.example.com", "127.0.0.1:9000"], registry.Upstream.AllowedRedirectHosts);
        Assert.Equal((1, 2, 3), Seconds(registry));
        var (ecr, role) = (registry.Ecr, registry.Ecr.Identity.Role!);
        Assert.Equal(("eu-central-1", true, true), (ecr.Region, ecr.Fips, ecr.DualStack));
        Assert.Equal("http://127.0.0.1:1/", ecr.ControlPlane!.ToString());
        Assert.Equal("profile team, role arn:aws:iam::123456789012:role/pull", ecr.Identity.ToString());
        Assert.Equal(("between-us", "edge"), (role.ExternalId, role.SessionName));
        Assert.Equal(ecr.Identity, registry.Upstream.Auth.Aws);
    }

    [Theory]
    [InlineData($"\"{RuleFile.Eu}\"", RegistryAuthKind.Ecr, null)]
    [InlineData("{ \"Auth\": \"ecr\", \"Name\": \"own\" }", RegistryAuthKind.Ecr, null)]
    [InlineData("\"public.ecr.aws\"", RegistryAuthKind.EcrPublic, "https://public.ecr.aws/")]
    [InlineData("\"ghcr.io\"", RegistryAuthKind.Bearer, "https://ghcr.io/")]
    [InlineData("\"registry.example.com:5000\"", RegistryAuthKind.Bearer, "https://registry.example.com:5000/")]
    [InlineData("{ \"Endpoint\": \"http://127.0.0.1:5000\" }", RegistryAuthKind.Bearer, "http://127.0.0.1:5000/")]
    [InlineData("{ \"Endpoint\": \"http://127.0.0.1:5000\", \"Auth\": \"none\" }", RegistryAuthKind.None, "http://127.0.0.1:5000/")]
    [InlineData(
        "{ \"Endpoint\": \"http://127.0.0.1:5000\", \"Aws\": { \"Region\": \"eu-west-1\" } }",
        RegistryAuthKind.Ecr,
        "http://127.0.0.1:5000/")]
    internal void RegistryThatSaysNothingOfIt_IsShownWhatFits(string registry, RegistryAuthKind kind, string? endpoint)
    {
        var upstream = Read(registry).Upstream;

        Assert.Equal((kind, endpoint), (upstream.Auth.Kind, upstream.Endpoint?.ToString()));
        Assert.Null(upstream.Auth.User);
    }

    [Fact]
    public void DockerHub_IsAskedWhereItAnswers()
    {
        var upstream = Read("\"docker.io\"").Upstream;

        Assert.Equal("https://registry-1.docker.io/", upstream.Endpoint!.ToString());
        Assert.Equal(["auth.docker.io"], upstream.Auth.AllowedTokenHosts);
    }

    [Fact]
    public void EcrPublicByName_IsAskedAsSomebody()
    {
        var anonymous = Read("\"public.ecr.aws\"").Upstream.Auth;
        var somebody = Read("""{ "Host": "public.ecr.aws", "Auth": "ecr-public" }""").Upstream.Auth;
        var named = Read("""{ "Host": "public.ecr.aws", "Aws": { "Profile": "team" } }""").Upstream.Auth;

        Assert.Equal((null, AwsIdentity.Default, "team"), (anonymous.Aws, somebody.Aws, named.Aws?.Profile));
    }

    [Theory]
    [InlineData("", "", 5, 20, 30)]
    [InlineData("", "us-east-1", 3, 10, 30)]
    [InlineData("\"FirstByteTimeout\": \"15s\"", "", 5, 15, 30)]
    [InlineData("\"FirstByteTimeout\": \"15s\", \"IdleTimeout\": \"40s\"", "us-east-1", 3, 15, 40)]
    public void TimeoutsThatARegistryDoesNotGive_AreShorterAmongOthers(string all, string other, int connect, int firstByte, int idle)
    {
        var others = other.Length == 0 ? "" : $", \"123456789012.dkr.ecr.{other}.amazonaws.com\"";

        var rules = RuleFile.Rules($$"""{ "Upstream": { {{all}} }, "Upstreams": [ { "Registries": ["{{RuleFile.Eu}}"{{others}}] } ] }""");

        Assert.All(rules[0].Registries, registry => Assert.Equal((connect, firstByte, idle), Seconds(registry)));
    }

    [Fact]
    public void WhatIsSaidOfAllRegistries_HoldsForThoseThatSayNothing()
    {
        var rule = RuleFile.Rules(
            $$"""
            {
              "Upstream": { "AllowedRedirectHosts": ["all.example.com"], "Catalog": true },
              "Aws": {
                "Region": "us-east-1", "Profile": "all", "RoleArn": "arn:aws:iam::123456789012:role/all", "Fips": true,
                "ControlPlane": "https://api.example.com", "TotalTimeout": "9s", "ConnectTimeout": "1s" },
              "Upstreams": [ { "Registries": [
                "{{RuleFile.Eu}}",
                { "Host": "{{RuleFile.West}}", "AllowedRedirectHosts": ["own.example.com"],
                  "Aws": { "Profile": "own", "Fips": false, "ControlPlane": "https://own.example.com" } } ] } ] }
            """)[0];

        var (all, own) = (rule.Registries[0], rule.Registries[1]);
        Assert.Equal(("all.example.com", "own.example.com"), (all.Upstream.AllowedRedirectHosts[0], own.Upstream.AllowedRedirectHosts[0]));
        Assert.True(rule.Catalog);
        Assert.Equal(("eu-central-1", "eu-west-1"), (all.Ecr.Region, own.Ecr.Region));
        Assert.Equal("profile all, role arn:aws:iam::123456789012:role/all", all.Ecr.Identity.ToString());
        Assert.Equal("profile own", own.Ecr.Identity.ToString());
        Assert.Equal((true, false), (all.Ecr.Fips, own.Ecr.Fips));
        Assert.Equal(("api.example.com", "own.example.com"), (all.Ecr.ControlPlane!.Host, own.Ecr.ControlPlane!.Host));
        Assert.Equal((9, 1), (own.Ecr.TotalTimeout.Seconds, own.Ecr.ConnectTimeout.Seconds));
    }

    [Fact]
    public void RegionThatIsOfNoUse_IsNoNoticeBesideRules()
    {
        var settings = RuleFile.Read(
            $$"""{ "Aws": { "Region": "us-east-1" }, "Upstreams": [ { "Registries": ["{{RuleFile.Eu}}"] } ] }""").Result.Settings!;

        Assert.Empty(settings.Notices);
    }

    [Fact]
    public void RegistriesWithoutNames_AreCalledByRegionOrHost()
    {
        var registries = RuleFile.Rule(
            $$"""
            "Registries": [
              "{{RuleFile.Eu}}", "210987654321.dkr.ecr.eu-central-1.amazonaws.com", "{{RuleFile.West}}",
              { "Name": "eu-west-1", "Host": "{{RuleFile.West}}" },
              "registry.example.com:5000", { "Endpoint": "http://[::1]:5000" }, { "Endpoint": "http://registry.example.com:5000" },
              { "Host": "{{RuleFile.Eu}}", "Aws": { "Profile": "b" } }, { "Auth": "ecr" }, "{{new string('a', 60)}}.example.com" ]
            """).Registries;

        Assert.Equal(
            [
                "123456789012.eu-central-1", "210987654321.eu-central-1", "123456789012.eu-west-1", "eu-west-1",
                "registry.example.com-5000", "1--5000", "registry.example.com-5000-2",
                "123456789012.eu-central-1-2", "own", new string('a', 60) + ".ex",
            ],
            registries.Select(registry => registry.Name));
    }

    private static RegistryOptions Read(string registry) => RuleFile.Rule($$""" "Registries": [{{registry}}] """).Registries[0];

    private static (int Connect, int FirstByte, int Idle) Seconds(RegistryOptions registry) => (
        registry.Upstream.ConnectTimeout.Seconds, registry.Upstream.FirstByteTimeout.Seconds, registry.Upstream.IdleTimeout.Seconds);
}
