using System.Net;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Server;

public sealed class RuleSettingsTests
{
    [Fact]
    public void EverythingThatARuleCanSay_IsRead()
    {
        var rule = RuleFile.Rule(
            $$"""
            "Name": "team", "Shape": "Listed",
            "Match": { "Host": "Registry.Example.com", "Namespaces": ["docker.io", "*.io"], "Prefix": "team/x" },
            "StripPrefix": "team", "AddPrefix": "prod",
            "Registries": [ { "Name": "eu", "Host": "{{RuleFile.Eu}}" }, { "Name": "west", "Host": "{{RuleFile.West}}" } ],
            "Order": "latency", "Tags": "PreferPrimary", "Primary": "WEST", "Push": true,
            "CreateRepositories": {
              "TagMutability": "immutable_with_exclusion", "MutabilityExclusions": ["dev-*", "latest"], "ScanOnPush": false,
              "Encryption": "kms", "KmsKey": "alias/registry", "Tags": { "team": "x", "cost.center": "1,2" } },
            "RedirectClients": ["10.0.0.0/8", "2001:db8::/32"], "RedirectCached": true, "Catalog": true
            """);

        Assert.Equal(("team", RuleShape.Listed), (rule.Name, rule.Shape));
        Assert.Equal(("registry.example.com", "team/x"), (rule.Match.Host, rule.Match.Prefix));
        Assert.Equal(["docker.io", "*.io"], rule.Match.Namespaces);
        Assert.Equal(("team", "prod"), (rule.StripPrefix, rule.AddPrefix));
        Assert.Equal(["eu", "west"], rule.Registries.Select(registry => registry.Name));
        Assert.Equal((RegistryOrder.Latency, true, "west", true), (rule.Order, rule.PrefersPrimaryForTags, rule.Primary, rule.Push));
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("2001:db8::/32")], rule.RedirectClients);
        Assert.Equal((true, true), (rule.RedirectCached, rule.Catalog));
        var creation = rule.CreateRepositories!;
        Assert.Equal(("IMMUTABLE_WITH_EXCLUSION", false, "KMS", "alias/registry"), (
            creation.TagMutability, creation.ScanOnPush, creation.Encryption, creation.KmsKey));
        Assert.Equal(["dev-*", "latest"], creation.MutabilityExclusions);
        Assert.Equal(new Dictionary<string, string> { ["team"] = "x", ["cost.center"] = "1,2" }, creation.Tags);
    }

    [Fact]
    public void NothingButARegistry_IsReadAsTheDefaultsOfARule()
    {
        var rule = RuleFile.Rule($$""" "Registries": ["https://{{RuleFile.Eu}}/"] """);

        var registry = Assert.Single(rule.Registries);
        Assert.Equal(("eu-central-1", RuleFile.Eu), (registry.Name, registry.Upstream.Host!.RegistryName));
        Assert.Equal("eu-central-1", registry.Ecr.Region);
        Assert.Equal(RegistryAuthKind.Ecr, registry.Upstream.Auth.Kind);
        Assert.Equal(("", (string?)null, (string?)null), (rule.Name, rule.Match.Host, rule.Match.Prefix));
        Assert.Equal((null, null, null), (rule.StripPrefix, rule.AddPrefix, rule.Primary));
        Assert.Equal((false, false, false, false), (rule.Push, rule.Catalog, rule.RedirectCached, rule.PrefersPrimaryForTags));
        Assert.Equal((0, 0, 0), (rule.Match.Namespaces.Count, rule.Match.Accounts.Count, rule.RedirectClients.Count));
        Assert.Equal((RuleShape.Listed, RegistryOrder.Configured), (rule.Shape, rule.Order));
        Assert.Null(rule.CreateRepositories);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("{}", true)]
    [InlineData("{ \"ScanOnPush\": true }", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void CreateRepositories_IsASwitchOrAnObject(string written, bool expected)
    {
        var rule = RuleFile.Rule($$""" "Registries": ["{{RuleFile.Eu}}"], "Push": true, "CreateRepositories": {{written}} """);

        Assert.Equal(expected, rule.CreateRepositories is not null);
        Assert.Null(rule.CreateRepositories?.TagMutability);
    }

    [Fact]
    public void SwitchInTheEnvironment_BeatsTheObjectInTheFile()
    {
        var rule = RuleFile.Rule(
            $$""" "Registries": ["{{RuleFile.Eu}}"], "Push": true, "CreateRepositories": { "ScanOnPush": true } """,
            ("FEP_Upstreams__0__CreateRepositories", "false"));

        Assert.Null(rule.CreateRepositories);
    }

    [Fact]
    public void Environment_SaysAllThatTheFileCan()
    {
        var rules = RuleFile.Rules(
            "{}",
            ("FEP_Upstreams__0__Name", "team"),
            ("FEP_Upstreams__0__Match__Namespaces", "docker.io, quay.io"),
            ("FEP_UPSTREAMS__0__REGISTRIES__0__HOST", RuleFile.Eu),
            ("FEP_Upstreams__0__Registries__1", RuleFile.West),
            ("FEP_Upstreams__7__Name", "rest"),
            ("FEP_Upstreams__7__Registries__0", RuleFile.Eu),
            ("FEP_Upstreams__7__Push", "true"),
            ("FEP_Upstreams__7__CreateRepositories__Tags__team", "x"));

        Assert.Equal(["team", "rest"], rules.Select(rule => rule.Name));
        Assert.Equal(["docker.io", "quay.io"], rules[0].Match.Namespaces);
        Assert.Equal([RuleFile.Eu, RuleFile.West], rules[0].Registries.Select(registry => registry.Upstream.Host!.RegistryName));
        Assert.Equal("x", rules[1].CreateRepositories!.Tags["team"]);
    }

    [Fact]
    public void Environment_AddsToTheFileFieldByField()
    {
        var rule = RuleFile.Rule(
            """
            "Match": { "Namespaces": ["docker.io", "quay.io", "ghcr.io"] },
            "Registries": [{ "Endpoint": "https://edge.example.com", "Auth": "basic", "User": "edge" }]
            """,
            ("FEP_Upstreams__0__Registries__0__Password", "hunter,2"),
            ("FEP_Upstreams__0__Match__Namespaces__0", "docker.io"));

        Assert.Equal(["docker.io"], rule.Match.Namespaces);
        var auth = rule.Registries[0].Upstream.Auth;
        Assert.Equal((RegistryAuthKind.Basic, "edge", "hunter,2"), (auth.Kind, auth.User, auth.Password));
    }

    [Fact]
    public void NoRules_AreTheOneThatTheShortFormMeans()
    {
        var settings = RuleFile.Read(
            $$"""{ "Upstreams": [], "Upstream": { "Host": "{{RuleFile.Eu}}", "Catalog": true } }""").Result.Settings!;

        var rule = Assert.Single(settings.Upstreams);
        Assert.Equal(("", true), (rule.Name, rule.Catalog));
        var registry = Assert.Single(rule.Registries);
        Assert.Equal("eu-central-1", registry.Name);
        Assert.Same(settings.Upstream, registry.Upstream);
        Assert.Same(settings.Ecr, registry.Ecr);
    }

    [Fact]
    public void FirstRegistry_IsTheOneForWhoKnowsOnlyOne()
    {
        var settings = RuleFile.Read(
            $$"""{ "Upstreams": [ { "Registries": ["{{RuleFile.West}}", "{{RuleFile.Eu}}"] } ] }""").Result.Settings!;

        Assert.Same(settings.Upstreams[0].Registries[0].Upstream, settings.Upstream);
        Assert.Same(settings.Upstreams[0].Registries[0].Ecr, settings.Ecr);
    }

    [Fact]
    public void ByAccount_StandsForTheRegistriesOfEveryAccount()
    {
        var rule = RuleFile.Rule(
            """
            "Shape": "ByAccount", "Match": { "Accounts": ["123456789012", 210987654321] },
            "Registries": ["{account}.dkr.ecr.eu-central-1.amazonaws.com", "{account}.dkr-ecr-fips.us-east-1.on.aws"]
            """);

        Assert.Equal(["123456789012", "210987654321"], rule.Match.Accounts);
        Assert.Equal(["eu-central-1", "us-east-1"], rule.Registries.Select(registry => registry.Name));
        Assert.Equal((true, true), (rule.Registries[1].Ecr.Fips, rule.Registries[1].Ecr.DualStack));
        Assert.Equal(
            "210987654321.dkr.ecr.eu-central-1.amazonaws.com",
            RequestedRegistries.OfAccount(rule, "210987654321")[0].Upstream.Host!.RegistryName);
    }

    [Fact]
    public void ByNamespace_NeedsNoRegistry()
    {
        var rule = RuleFile.Rule(
            """ "Shape": "ByNamespace", "Match": { "Namespaces": ["docker.io", "*.dkr.ecr.eu-central-1.amazonaws.com"] } """);

        var pattern = Assert.Single(rule.Registries);
        Assert.Equal(("ns", null, null), (pattern.Name, pattern.Upstream.Host, pattern.Upstream.Endpoint));
        Assert.Equal(RegistryAuthKind.Ecr, RequestedRegistries.OfNamespace(pattern, RuleFile.Eu)!.Upstream.Auth.Kind);
        var hub = RequestedRegistries.OfNamespace(pattern, "docker.io")!.Upstream;
        Assert.Equal((RegistryAuthKind.Bearer, new Uri("https://registry-1.docker.io")), (hub.Auth.Kind, hub.Endpoint));
    }

    [Fact]
    public void RulesOfTheSameKind_MayBeForOverlappingPartsOfTheWorld() => Assert.Equal(
        ["cn", "eu"],
        RuleFile.Rule(
            $$"""
            "Registries": [
              { "Name": "cn", "Host": "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", "Aws": { "Profile": "china" } },
              { "Name": "eu", "Host": "{{RuleFile.Eu}}" } ]
            """).Registries.Select(registry => registry.Name));

    [Theory]
    [InlineData("{ \"Name\": \"a\" }",
        "Upstreams.Name: Upstreams is a list of rules; write { \"Upstreams\": [ { \"Registries\": [ … ] } ] }")]
    [InlineData("\"team\"", "Upstreams: Upstreams is a list of rules; write { \"Upstreams\": [ { \"Registries\": [ … ] } ] }")]
    [InlineData("[\"team\"]", "Upstreams.0: a rule has registries; write { \"Registries\": [ … ] }")]
    [InlineData("[{}]", "Upstreams.0: a rule has registries; write { \"Registries\": [ … ] }")]
    [InlineData("[{ \"Registries\": \"x\" }]", "Upstreams.0.Registries: it is a list; write \"Registries\": [\"" + RuleFile.Eu + "\"]")]
    [InlineData("[{ \"Registries\": [{}] }]",
        "Upstreams.0.Registries.0: a registry has a host or an endpoint; write { \"Host\": \"" + RuleFile.Eu + "\" }")]
    [InlineData("[{ \"Registries\": [null] }]",
        "Upstreams.0.Registries.0: a registry has a host or an endpoint; write { \"Host\": \"" + RuleFile.Eu + "\" }")]
    [InlineData("[{ \"Match\": \"docker.io\" }]",
        "Upstreams.0.Match: unknown key; it is a section, write { \"Match\": { \"Host\": … } }")]
    [InlineData("[{ \"Registries\": [{ \"Aws\": \"x\" }] }]",
        "Upstreams.0.Registries.0.Aws: unknown key; it is a section, write { \"Aws\": { \"Region\": … } }")]
    [InlineData("[{ \"Registrys\": [\"x\"] }]", "Upstreams.0.Registrys.0: unknown key; did you mean Upstreams.0.Registries.0?")]
    [InlineData("[{ \"Mtach\": { \"Host\": \"x\" } }]", "Upstreams.0.Mtach.Host: unknown key; did you mean Upstreams.0.Match.Host?")]
    [InlineData("[{ \"Namespaces\": [\"x\"] }]", "Upstreams.0.Namespaces.0: unknown key; did you mean Upstreams.0.Match.Namespaces.0?")]
    [InlineData("[{ \"Auth\": \"x\" }]", "Upstreams.0.Auth: unknown key; did you mean Upstreams.0.Registries.0.Auth?")]
    [InlineData("[{ \"Registries\": [{ \"Passwrd\": \"x\" }] }]",
        "Upstreams.0.Registries.0.Passwrd: unknown key; did you mean Upstreams.0.Registries.0.Password?")]
    [InlineData("[{ \"Registries\": [{ \"Profile\": \"x\" }] }]",
        "Upstreams.0.Registries.0.Profile: unknown key; did you mean Upstreams.0.Registries.0.Aws.Profile?")]
    [InlineData("[{ \"Foo\": \"x\" }]", "Upstreams.0.Foo: unknown key; docs/configuration.md lists them all")]
    [InlineData("[{ \"Name\": \"\" }]", "Upstreams.0.Name: is empty; leave it out or give a value")]
    public void WhatNoRuleHas_IsRefusedWithWhatIsMeant(string rules, string expected) =>
        Assert.Equal(expected, RuleFile.Errors($$"""{ "Upstreams": {{rules}} }""")[0]);

    [Fact]
    public void RulesInTheSectionOfTheShortForm_AreToldTheirPlace() => Assert.Equal(
        ["Upstream.0.Registries.0: Upstreams is a list of rules; write { \"Upstreams\": [ { \"Registries\": [ … ] } ] }"],
        RuleFile.Errors($$"""{ "Upstream": [ { "Registries": ["{{RuleFile.Eu}}"] } ] }"""));

    [Theory]
    [InlineData("FEP_Upstreams__0__Regstries__0", "unknown variable; did you mean FEP_Upstreams__0__Registries__0?")]
    [InlineData("FEP_Upstreams__0__Matches__Host", "unknown variable; did you mean FEP_Upstreams__0__Match__Host?")]
    [InlineData("FEP_Upstreams__Name",
        "unknown variable; Upstreams is a list of rules; write { \"Upstreams\": [ { \"Registries\": [ … ] } ] }")]
    public void VariableThatNoRuleHas_IsRefusedWithWhatIsMeant(string variable, string expected)
    {
        var (result, _) = RuleFile.Read("{}", (variable, "x"));

        Assert.Equal($"{variable}: {expected}", result.Errors[0].ToString());
    }

    [Theory]
    [InlineData("\"Match\": {}")]
    [InlineData("\"Match\": null, \"RedirectClients\": []")]
    [InlineData("\"CreateRepositories\": { \"Tags\": {} }")]
    public void SectionsWithoutAnything_AreNoMistake(string fields)
    {
        var rule = RuleFile.Rule($$""" {{fields}}, "Registries": [{ "Host": "{{RuleFile.Eu}}", "Aws": {} }] """);

        Assert.Null(rule.CreateRepositories);
    }

    [Fact]
    public void DefaultsOfTheFields_AreThoseOfTheOptions() => Assert.All(
        RuleFields.All.Concat(RegistryFields.All),
        setting =>
        {
            Assert.True(setting.Default is null ^ setting.Otherwise is null, setting.Key);
            Assert.EndsWith(".", setting.Meaning);
        });
}
