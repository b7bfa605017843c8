namespace FastEcrProxy.Tests.Server;

public sealed class RuleErrorTests
{
    private const string Registries = $"\"Registries\": [\"{RuleFile.Eu}\"]";

    /// <summary>What stands in a rule with a registry, and the one error that it has. Here ' stands for ".</summary>
    public static TheoryData<string, string> Requests => new()
    {
        {
            "'Name': 'Team A'",
            """Name = "Team A": not a name; write up to 63 lower-case letters, digits, '.', '_' and '-', a letter or digit """
                + """first"""
        },
        {
            "'Name': '-a'",
            """Name = "-a": not a name; write up to 63 lower-case letters, digits, '.', '_' and '-', a letter or digit first"""
        },
        {
            "'Match': { 'Host': 'registry.example.com:5000' }",
            """Match.Host = "registry.example.com:5000": not the name of a host; write registry.example.com, without scheme """
                + """and port"""
        },
        {
            "'Match': { 'Host': 'https://registry' }",
            """Match.Host = "https://registry": not the name of a host; write registry.example.com, without scheme and port"""
        },
        {
            "'Match': { 'Namespaces': ['docker.io/library'] }",
            """Match.Namespaces = "docker.io/library": docker.io/library is no host; write docker.io, """
                + """registry.example.com:5000 or *.dkr.ecr.eu-west-1.amazonaws.com"""
        },
        {
            "'Match': { 'Namespaces': ['docker.io', '*.ecr.*'] }",
            """Match.Namespaces = "docker.io,*.ecr.*": *.ecr.* has more than one *; write one name or pattern for each"""
        },
        {
            "'Match': { 'Prefix': 'team/' }",
            """Match.Prefix = "team/": not the beginning of a repository's name; write team or team/app, in lower case, """
                + """without a slash at either end"""
        },
        {
            "'Match': { 'Prefix': 'Team' }",
            """Match.Prefix = "Team": not the beginning of a repository's name; write team or team/app, in lower case, without """
                + """a slash at either end"""
        },
        {
            "'Match': { 'Accounts': ['123456789012'] }",
            """Match.Accounts = "123456789012": has no use without Shape ByAccount"""
        },
        { "'Shape': 'Account'", """Shape = "Account": not one of Listed, ByAccount, ByNamespace""" },
        {
            "'StripPrefix': 'team'",
            """StripPrefix = "team": a name without it could not be stripped; write Match.Prefix "team" or one that begins """
                + """with it"""
        },
        {
            "'StripPrefix': 'team', 'Match': { 'Prefix': 'teams' }",
            """StripPrefix = "team": a name without it could not be stripped; write Match.Prefix "team" or one that begins """
                + """with it"""
        },
        {
            "'AddPrefix': '/prod'",
            """AddPrefix = "/prod": not the beginning of a repository's name; write team or team/app, in lower case, without a """
                + """slash at either end"""
        },
    };

    /// <inheritdoc cref="Requests"/>
    public static TheoryData<string, string> Answers => new()
    {
        { "'Order': 'Fastest'", """Order = "Fastest": not one of Configured, Latency""" },
        { "'Tags': 'Primary'", """Tags = "Primary": not one of InOrder, PreferPrimary""" },
        { "'Primary': 'us'", """Primary = "us": is none of the rule's registries; write one of eu-central-1""" },
        { "'Push': 'perhaps'", """Push = "perhaps": neither true nor false""" },
        { "'RedirectCached': true", """RedirectCached = "True": has no use without RedirectClients""" },
        {
            "'RedirectClients': ['10.1.0.0/8']",
            """RedirectClients = "10.1.0.0/8": 10.1.0.0/8 is an address in a network; write 10.0.0.0/8 for all of it, """
                + """10.1.0.0/32 for it alone"""
        },
        {
            "'RedirectClients': ['10.0.0.0/8', 'here']",
            """RedirectClients = "10.0.0.0/8,here": here is no network; write 10.0.0.0/8 or 2001:db8::/32"""
        },
        { "'Catalog': 'perhaps'", """Catalog = "perhaps": neither true nor false""" },
        { "'CreateRepositories': true", """CreateRepositories: has no use without Push true""" },
    };

    /// <summary>All that stands in the rule, and the one error that it has.</summary>
    public static TheoryData<string, string> WholeRules => new()
    {
        {
            "'Registries': ['{account}.dkr.ecr.eu-central-1.amazonaws.com'], 'Shape': 'ByAccount', 'Match': { 'Accounts': "
                + "['123456789012', '1234'] }",
            """Match.Accounts = "123456789012,1234": 1234 is no AWS account; write its twelve digits"""
        },
        {
            "'Shape': 'ByNamespace'",
            """Match.Namespaces: is missing; with Shape ByNamespace it lists the registries that clients may name"""
        },
        {
            "'Name': 'team'",
            """Registries: is missing or empty; write ["123456789012.dkr.ecr.eu-central-1.amazonaws.com"]"""
        },
        {
            "'Name': 'team', 'Registries': []",
            """Registries: is missing or empty; write ["123456789012.dkr.ecr.eu-central-1.amazonaws.com"]"""
        },
        {
            "'Registries': [{ 'Name': 'edge', 'Endpoint': 'https://edge.example.com' }], 'Push': true, 'CreateRepositories': "
                + "{}",
            """CreateRepositories: needs private ECR to push to, which edge is not; leave it out, or write Primary"""
        },
        {
            "'Shape': 'ByNamespace', 'Match': { 'Namespaces': ['docker.io'] }, 'Push': true, 'CreateRepositories': true",
            """CreateRepositories: cannot be with Shape ByNamespace: any registry may be named, and only private ECR makes any"""
        },
        {
            "'Shape': 'ByNamespace', 'Match': { 'Namespaces': ['docker.io'] }, 'Registries': [{ 'ConnectTimeout': '1s' }, { "
                + "'ConnectTimeout': '2s' }]",
            """Registries: has more than one registry; with Shape ByNamespace the request names it, and one says how it is """
                + """reached"""
        },
    };

    [Theory, MemberData(nameof(Requests)), MemberData(nameof(Answers))]
    public void WhatDoesNotGo_IsOneSentenceWithItsKey(string fields, string expected) =>
        Assert.Equal($"Upstreams.0.{expected}", Assert.Single(RuleFile.ErrorsOfRule($"{Registries}, {fields.Replace('\'', '"')}")));

    [Theory, MemberData(nameof(WholeRules))]
    public void WhatDoesNotGoTogether_IsOneSentenceWithItsKey(string fields, string expected) =>
        Assert.Equal($"Upstreams.0.{expected}", Assert.Single(RuleFile.ErrorsOfRule(fields.Replace('\'', '"'))));

    [Theory]
    [InlineData("*")]
    [InlineData("*:5000")]
    [InlineData("*.io")]
    [InlineData("local*")]
    [InlineData("registry.*")]
    [InlineData("*hub.example")]
    [InlineData("*.example.")]
    [InlineData("registry.example*.com:5000")]
    [InlineData("[fd00::*]")]
    [InlineData("[fd00::*]:5000")]
    public void PatternForAnybodysHost_IsRefusedWhereClientsNameThem(string pattern)
    {
        AssertRefused(pattern, $"{pattern} lets clients name anybody's host; write *.example.com, with * before the last two labels");

        // A list of registries stays what it is, whatever clients say.
        Assert.Equal([pattern], RuleFile.Rule($$""" "Match": { "Namespaces": ["{{pattern}}"] }, {{Registries}} """).Match.Namespaces);
    }

    [Theory]
    [InlineData("*.amazonaws.com")]
    [InlineData("123456789012.dkr.ecr.*.amazonaws.com")]
    public void PatternForAnyRegion_IsRefusedWhereClientsNameThem(string pattern) => AssertRefused(
        pattern,
        $"{pattern} lets clients make up Regions of ECR, each with a token; write *.dkr.ecr.eu-west-1.amazonaws.com, "
            + "once for each Region");

    [Theory]
    [InlineData("*.dkr.ecr.eu-west-1.amazonaws.com")]
    [InlineData("*.example.com")]
    [InlineData("*.example.com:5000")]
    [InlineData("registry-*.example.com")]
    [InlineData("localhost:5000")]
    [InlineData("10.0.0.1:5000")]
    public void PatternForSomebodysHosts_AndAnyName_AreAllowed(string ns) => Assert.Equal(
        [ns], RuleFile.Rule($$""" "Shape": "ByNamespace", "Match": { "Namespaces": ["{{ns}}"] } """).Match.Namespaces);

    [Fact]
    public void NamesOfSeveralRules_AreNeededAndDiffer() => Assert.Equal(
        [
            "Upstreams.2.Name: is missing; of several rules each needs a name",
            "Upstreams.3.Name = \"team\": is the name of Upstreams.0 too; every rule needs its own",
        ],
        RuleFile.Errors(
            $$"""
            { "Upstreams": [
              { "Name": "team", {{Registries}} },
              { "Name": "ops", "Match": { "Prefix": "ops" }, {{Registries}} },
              { "Match": { "Prefix": "other" }, {{Registries}} },
              { "Name": "team", "Match": { "Prefix": "more" }, {{Registries}} } ] }
            """));

    [Fact]
    public void RulesThatTakeTheSame_AreRefused() => Assert.Equal(
        [
            "Upstreams.1.Match: takes the same requests as Upstreams.0 (first); let Host, Namespaces or Prefix differ",
            "Upstreams.3.Match: takes the same requests as Upstreams.2 (third); let Host, Namespaces or Prefix differ",
        ],
        RuleFile.Errors(
            $$"""
            { "Upstreams": [
              { "Name": "first", {{Registries}} },
              { "Name": "second", {{Registries}} },
              { "Name": "third", "Match": { "Namespaces": ["docker.io", "quay.io"] }, {{Registries}} },
              { "Name": "fourth", "Match": { "Namespaces": ["ghcr.io", "Docker.io"] }, {{Registries}} },
              { "Name": "fifth", "Match": { "Namespaces": ["*.docker.io"] }, {{Registries}} } ] }
            """));

    [Fact]
    public void RuleWhoseMatchIsWrong_IsNotComparedWithOthers() => Assert.Equal(
        ["Upstreams.1.Match.Host"],
        RuleFile.Errors(
            $$"""{ "Upstreams": [ { "Name": "a", {{Registries}} }, { "Name": "b", "Match": { "Host": "a b" }, {{Registries}} } ] }""")
            .Select(error => error.Split(' ')[0]));

    [Theory]
    [InlineData("\"Host\": \"" + RuleFile.Eu + "\"", "Upstream.Host = \"" + RuleFile.Eu + "\"")]
    [InlineData("\"Endpoint\": \"http://127.0.0.1:1\"", "Upstream.Endpoint = \"http://127.0.0.1:1\"")]
    [InlineData("\"Host\": \"" + RuleFile.Eu + "\", \"Endpoint\": \"http://127.0.0.1:1\"", "Upstream.Host = \"" + RuleFile.Eu + "\"")]
    [InlineData("\"Auth\": \"none\"", "Upstream.Auth = \"none\"")]
    public void ShortFormBesideRules_IsOneError(string shortForm, string expected) => Assert.Equal(
        [$"{expected}: cannot stand beside Upstreams; write the registry into a rule, or leave the rules out"],
        RuleFile.Errors($$"""{ "Upstream": { {{shortForm}} }, "Upstreams": [ { {{Registries}} } ] }"""));

    private static void AssertRefused(string pattern, string problem) => Assert.Equal(
        [$"Upstreams.0.Match.Namespaces = \"docker.io,{pattern}\": {problem}"],
        RuleFile.ErrorsOfRule($$""" "Shape": "ByNamespace", "Match": { "Namespaces": ["docker.io", "{{pattern}}"] } """));
}
