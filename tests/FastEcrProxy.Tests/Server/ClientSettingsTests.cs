using System.Net;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Server;

public sealed class ClientSettingsTests
{
    private static readonly string Users = "ann:" + BCrypt.Net.BCrypt.HashPassword("right", 4);

    [Fact]
    public void Nothing_LetsEverybodyIn()
    {
        var options = Read("");

        Assert.Equal([ClientWay.None], options.Ways);
        Assert.Empty(options.Rules);
    }

    [Fact]
    public void WhatIsConfigured_IsSwitchedOnWithoutSayingSo()
    {
        using var files = new TestFiles();
        var path = files.Write("users", Users);

        Assert.Equal([ClientWay.Networks, ClientWay.Basic], Read($"'PasswordFile': '{path}', 'Networks': ['10.0.0.0/8']").Ways);
    }

    /// <summary>A token that comes as a password would cost a check of bcrypt for each job.</summary>
    [Fact]
    public void TokensWithoutAnOrder_AreTriedBeforePasswords()
    {
        using var files = new TestFiles();
        var path = files.Write("users", Users);

        var options = Read(
            $"'PasswordFile': '{path}', 'Issuers': [{{ 'Name': 'ci', 'Issuer': 'https://gitlab.example.com', 'Audience': ['x'] }}]");

        Assert.Equal([ClientWay.Jwt, ClientWay.Basic], options.Ways);
    }

    [Fact]
    public void Ways_AreTriedInTheirOrder()
    {
        using var files = new TestFiles();
        var path = files.Write("users", Users);

        Assert.Equal([ClientWay.Basic, ClientWay.None], Read($"'Ways': ['Basic', 'none'], 'PasswordFile': '{path}'").Ways);
    }

    [Fact]
    public void Rule_HasWhatWasWritten()
    {
        var rule = Assert.Single(Read(
            "'Rules': [{ 'Names': ['ci-*', 'bob'], 'Groups': ['dev'], 'Networks': ['10.0.0.0/8'], 'Repositories': ['team/*'], "
            + "'Actions': ['pull', 'Push'] }]").Rules);

        Assert.Equal([new NamePattern("ci-*"), new NamePattern("bob")], rule.Names);
        Assert.Equal([new NamePattern("dev")], rule.Groups);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/8")], rule.Networks);
        Assert.Equal([new NamePattern("team/*")], rule.Repositories);
        Assert.Equal([ClientAction.Pull, ClientAction.Push], rule.Actions.Order());
    }

    [Theory]
    [InlineData("'Rules': [{ 'Names': ['ann'] }]", "Pull")]
    [InlineData("'Rules': [{ 'Actions': ['all'] }]", "Pull Push Delete Catalog Admin")]
    [InlineData("'Rules': [{ 'Actions': ['all'], 'Repositories': ['team/*'] }]", "Pull Push Delete")]
    public void Actions_ArePullUnlessMoreIsSaid(string fields, string expected) =>
        Assert.Equal(expected, string.Join(' ', Assert.Single(Read(fields).Rules).Actions.Order()));

    /// <summary>What stands in Clients, and the errors that it has. Here ' stands for ".</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        {
            "'Ways': ['password']",
            "Clients.Ways = \"password\": password is no way to know callers; there are none, networks, mtls, basic, jwt and ecr"
        },
        { "'Ways': ['basic']", "Clients.Ways = \"basic\": basic needs Clients.PasswordFile; give that too" },
        { "'Ways': ['none'], 'Networks': ['10.0.0.0/8']", "Clients.Networks: has no use without networks in Clients.Ways" },
        {
            "'Networks': ['10.0.0.1/8']",
            "Clients.Networks = \"10.0.0.1/8\": 10.0.0.1/8 is an address in a network; write 10.0.0.0/8 for all of it, "
                + "10.0.0.1/32 for it alone"
        },
        { "'PasswordFile': '/nowhere/users'", "Clients.PasswordFile = \"/nowhere/users\": there is no such file" },
        {
            "'Rules': [{ 'Actions': ['read'] }]",
            "Clients.Rules.0.Actions = \"read\": read is no action; there are pull, push, delete, catalog, admin and all"
        },
        {
            "'Rules': [{ 'Actions': ['admin'], 'Repositories': ['team/*'] }]",
            "Clients.Rules.0.Actions = \"admin\": admin is about no repository; write it into a rule without Repositories"
        },
        { "'Rules': [{ 'Action': ['pull'] }]", "Clients.Rules.0.Action.0: unknown key; did you mean Clients.Rules.0.Actions?" },
        {
            "'Rules': 'all'",
            "Clients.Rules: Clients.Rules is a list of objects; write [ { \"Names\": [\"ci-*\"], \"Repositories\": [\"team/*\"], "
                + "\"Actions\": [\"pull\", \"push\"] } ]"
        },
        { "'FailuresMost': -1", "Clients.FailuresMost = \"-1\": not a number from 0 to 1000000" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void Mistake_IsOneSentence(string fields, string expected) =>
        Assert.Equal(expected, Assert.Single(RuleFile.Errors(File(fields))));

    [Theory]
    [InlineData("'AllowAnonymous': false", "52.0.0.1:5000", true)]
    [InlineData("'AllowAnonymous': true", "52.0.0.1:5000", false)]
    [InlineData("'AllowAnonymous': false", "10.0.0.1:5000", false)]
    [InlineData("'Networks': ['10.0.0.0/8']", "52.0.0.1:5000", false)]
    [InlineData("'Networks': ['0.0.0.0/0']", "52.0.0.1:5000", true)]
    public void Everybody_MayComeInFromTheInternetOnlyIfSomebodySaysSo(string fields, string listen, bool refused)
    {
        var errors = RuleFile.Errors($$"""{ "Listen": { "Address": "{{listen}}" }, "Clients": { {{fields.Replace('\'', '"')}} } }""");

        Assert.Equal(
            refused
                ? ["Listen.Address = \"52.0.0.1:5000\": the internet may reach 52.0.0.1, and nobody has to say who they are; set "
                    + "Clients.Ways, listen on a private address, or set Clients.AllowAnonymous to true"]
                : [],
            errors.Select(error => error.Split(" (from ")[0]));
    }

    private static string File(string fields) => $$"""{ "Clients": { {{fields.Replace('\'', '"')}} } }""";

    private static ClientOptions Read(string fields)
    {
        var (result, _) = RuleFile.Read(File(fields));
        Assert.Empty(result.Errors);
        return result.Settings!.Clients;
    }
}
