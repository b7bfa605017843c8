using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>What a registry is shown whose name a request gives.</summary>
public sealed class RequestedRegistriesTests
{
    private static readonly AwsIdentity Team = new() { Profile = "team" };

    [Theory]
    [InlineData("210987654321.dkr.ecr.eu-west-1.amazonaws.com", RegistryAuthKind.Ecr, "")]
    [InlineData("public.ecr.aws", RegistryAuthKind.EcrPublic, "")]
    [InlineData("docker.io", RegistryAuthKind.Bearer, "auth.docker.io")]
    [InlineData("quay.io", RegistryAuthKind.Bearer, "")]
    internal void RegistryOfThatName_IsShownWhatItTakes(string ns, RegistryAuthKind kind, string tokenHosts)
    {
        var auth = At(ns, new RegistryAuthOptions { Kind = RegistryAuthKind.Ecr, Aws = Team }).Upstream.Auth;

        Assert.Equal((kind, tokenHosts), (auth.Kind, string.Join(',', auth.AllowedTokenHosts)));
        Assert.Equal(kind is RegistryAuthKind.Bearer ? null : Team, auth.Aws);
    }

    [Fact]
    public void WhatTheOperatorSaysOfOthers_Counts()
    {
        var password = new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", Password = "p" };
        var hosts = new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer, AllowedTokenHosts = ["auth.example"] };

        Assert.Equal(password, At("registry.example", password).Upstream.Auth);
        Assert.Equal(["auth.example", "auth.docker.io"], At("docker.io", hosts).Upstream.Auth.AllowedTokenHosts);
        Assert.Equal(RegistryAuthKind.None, At("docker.io", RegistryAuthOptions.None).Upstream.Auth.Kind);
    }

    [Fact]
    public void OtherServerThatAnswersForEcr_IsShownWhatItTakes()
    {
        var password = new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", Password = "p" };
        var regional = new UpstreamOptions { Endpoint = new Uri("https://regional.example.com"), Auth = password };
        var pattern = new RegistryOptions("any", regional, new EcrOptions());

        var upstream = RequestedRegistries.OfNamespace(pattern, "210987654321.dkr.ecr.eu-west-1.amazonaws.com")!.Upstream;

        Assert.Equal((password, regional.Endpoint), (upstream.Auth, upstream.Endpoint));
    }

    /// <summary>What the rule lists, what is dialled instead, what the request names, and whether no more is known of it.</summary>
    [Theory]
    [InlineData("*.example.com", null, "a.example.com", true)]
    [InlineData("*.dkr.ecr.eu-west-1.amazonaws.com", null, "210987654321.dkr.ecr.eu-west-1.amazonaws.com", true)]
    [InlineData("*.example.com,a.example.com", null, "A.example.com", false)]
    [InlineData("localhost:5000", null, "localhost:5000", false)]
    [InlineData("*.example.com", "http://127.0.0.1:5000", "a.example.com", false)]
    public void NameThatOnlyAPatternTakes_IsTheClients(string namespaces, string? endpoint, string ns, bool expected)
    {
        var upstream = new UpstreamOptions { Endpoint = endpoint is null ? null : new Uri(endpoint) };
        var rule = Rules.Rule("any", new RuleMatch { Namespaces = namespaces.Split(',') }, RuleShape.ByNamespace) with
        {
            Registries = [new RegistryOptions("any", upstream, new EcrOptions())],
        };

        var registries = RequestedRegistries.Of(new RuleMatchResult(rule, Rules.Repository("team/app")), ns);

        Assert.Equal(expected, Assert.Single(registries!).Upstream.IsNamedByClient);
    }

    private static RegistryOptions At(string ns, RegistryAuthOptions auth) =>
        RequestedRegistries.OfNamespace(new RegistryOptions("any", new UpstreamOptions { Auth = auth }, new EcrOptions()), ns)!;
}
