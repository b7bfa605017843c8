using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RuleTableTests
{
    private const string Host = "registry.example.com";

    [Fact]
    public void RuleWithoutConditions_TakesEverything()
    {
        var rules = new[] { Rules.Rule("all") };

        Assert.Equal("all", Rules.Winner(rules, Host, null, "app"));
        Assert.Equal("all", Rules.Winner(rules, "", "docker.io", "library/nginx"));
    }

    [Fact]
    public void EmptyTable_TakesNothing() => Assert.Null(Rules.Winner([], Host, null, "app"));

    [Theory]
    [InlineData("registry.example.com", "own")]
    [InlineData("REGISTRY.Example.Com", "own")]
    [InlineData("registry.example.com.evil", "other")]
    [InlineData("", "other")]
    public void Host_IsTheWholeNameInAnyCase(string host, string winner) => Assert.Equal(
        winner,
        Rules.Winner([Rules.Rule("other"), Rules.Rule("own", new RuleMatch { Host = "registry.example.com" })], host, null, "app"));

    [Theory]
    [InlineData("team", "team")]
    [InlineData("team/app", "team")]
    [InlineData("team/app/x", "app")]
    [InlineData("team/application", "team")]
    [InlineData("teams/app", null)]
    [InlineData("my/team/app", null)]
    public void Prefix_MatchesWholeComponents_TheLongerFirst(string repository, string? winner) => Assert.Equal(
        winner,
        Rules.Winner(
            [Rules.Rule("team", new RuleMatch { Prefix = "team" }), Rules.Rule("app", new RuleMatch { Prefix = "team/app/x" })],
            Host,
            null,
            repository));

    [Theory]
    [InlineData("docker.io", "exact")]
    [InlineData("DOCKER.IO", "exact")]
    [InlineData("hub.docker.io", "long")]
    [InlineData("quay.io", "short")]
    [InlineData("quay.com", null)]
    [InlineData(null, null)]
    [InlineData("", null)]
    public void Namespace_GoesExactThenByLengthOfPattern(string? ns, string? winner) => Assert.Equal(
        winner,
        Rules.Winner(
            [
                Rules.Rule("short", new RuleMatch { Namespaces = ["*.io"] }),
                Rules.Rule("long", new RuleMatch { Namespaces = ["ghcr.io", "*.docker.io"] }),
                Rules.Rule("exact", new RuleMatch { Namespaces = ["docker.io"] }),
            ],
            Host,
            ns,
            "app"));

    [Fact]
    public void Namespace_GoesBeforeHost_AndHostBeforePrefix()
    {
        var prefix = Rules.Rule("prefix", new RuleMatch { Namespaces = ["*.io"], Prefix = "library/nginx" });
        var host = Rules.Rule("host", new RuleMatch { Namespaces = ["*.io"], Host = Host });
        var ns = Rules.Rule("ns", new RuleMatch { Namespaces = ["docker.io"] });

        Assert.Equal("ns", Rules.Winner([prefix, host, ns], Host, "docker.io", "library/nginx"));
        Assert.Equal("host", Rules.Winner([prefix, host, ns], Host, "quay.io", "library/nginx"));
        Assert.Equal("prefix", Rules.Winner([prefix, host, ns], "other.example.com", "quay.io", "library/nginx"));
    }

    [Theory]
    [InlineData("a.exple.com", "later star")]
    [InlineData("a.maple.com", "earlier star")]
    public void PatternsOfTheSameLength_GoByTheirStar(string ns, string winner)
    {
        var earlier = Rules.Rule("earlier star", new RuleMatch { Namespaces = ["a.*ple.com"] });
        var later = Rules.Rule("later star", new RuleMatch { Namespaces = ["a.ex*e.com"] });

        Assert.Equal(winner, Rules.Winner([earlier, later], Host, ns, "app"));
        Assert.Equal(winner, Rules.Winner([later, earlier], Host, ns, "app"));
    }

    [Fact]
    public void Rules_ThatFitEquallyWell_GoByTheTable()
    {
        var (first, second) = (Rules.Rule("first"), Rules.Rule("second"));

        Assert.Equal("first", Rules.Winner([first, second], Host, null, "app"));
        Assert.Equal("second", Rules.Winner([second, first], Host, null, "app"));
        Assert.True(RuleTable.Tie(first, second));
    }

    [Theory]
    [InlineData(Host, "registry.example.com", "plain")]
    [InlineData(Host, "registry.example.com:5000", "plain")]
    [InlineData(Host, "registry.example.com:5000:6", null)]
    [InlineData(Host, "registry.example.community", null)]
    [InlineData(Host, Rules.Eu, "plain")]
    [InlineData(Host, "210987654321.dkr.ecr.eu-central-1.amazonaws.com", null)]
    [InlineData(Host, "mirror.example.com:8443", "plain")]
    [InlineData(Host, "mirror.example.com", null)]
    [InlineData(Host, "quay.io", null)]
    [InlineData(Host, null, "plain")]
    public void WhereARuleListsNamespaces_OthersTakeOnlyTheirOwn(string host, string? ns, string? winner)
    {
        var plain = Rules.Rule("plain") with { Registries = [Rules.Registry(Rules.Eu), Rules.Endpoint("https://mirror.example.com:8443")] };
        var hub = Rules.Rule("hub", new RuleMatch { Namespaces = ["docker.io"] });

        Assert.Equal(winner, Rules.Winner([plain, hub], host, ns, "app"));
    }

    [Theory]
    [InlineData("123456789012/app", "listed")]
    [InlineData("210987654321/team/app", "any")]
    [InlineData("123456789012", "rest")]
    [InlineData("12345678901/app", "rest")]
    [InlineData("1234567890123/app", "rest")]
    [InlineData("12345678901a/app", "rest")]
    [InlineData("team/123456789012/app", "rest")]
    public void ByAccount_NeedsAnAccountAndMoreAfterIt(string repository, string winner) => Assert.Equal(
        winner,
        Rules.Winner(
            [
                Rules.Rule("rest"),
                Rules.Rule("any", shape: RuleShape.ByAccount),
                Rules.Rule("listed", new RuleMatch { Accounts = ["000000000000", Rules.Account] }, RuleShape.ByAccount),
            ],
            Host,
            null,
            repository));

    [Fact]
    public void AccountOutsideTheList_IsNotTaken() => Assert.Null(Rules.Winner(
        [Rules.Rule("listed", new RuleMatch { Accounts = [Rules.Account] }, RuleShape.ByAccount)], Host, null, "210987654321/app"));

    [Theory]
    [InlineData("123456789012/app", "spelled out")]
    [InlineData("210987654321/app", "account")]
    [InlineData("210987654321/team/app", "account and team")]
    [InlineData("123456789012/team/app", "account and team")]
    public void Account_CountsAsAPrefixOfItsLength(string repository, string winner) => Assert.Equal(
        winner,
        Rules.Winner(
            [
                Rules.Rule("account", shape: RuleShape.ByAccount),
                Rules.Rule("account and team", new RuleMatch { Prefix = "team" }, RuleShape.ByAccount),
                Rules.Rule("spelled out", new RuleMatch { Prefix = Rules.Account }),
            ],
            Host,
            null,
            repository));

    [Theory]
    [InlineData("210987654321.dkr.ecr.eu-central-1.amazonaws.com", "account")]
    [InlineData("123456789012.dkr.ecr.eu-central-1.amazonaws.com", null)]
    [InlineData("210987654321.dkr.ecr.eu-west-1.amazonaws.com", null)]
    public void ByAccount_OwnsTheRegistryOfTheAccountAskedFor(string ns, string? winner) => Assert.Equal(
        winner,
        Rules.Winner(
            [Rules.Rule("account", shape: RuleShape.ByAccount), Rules.Rule("hub", new RuleMatch { Namespaces = ["docker.io"] })],
            Host,
            ns,
            "210987654321/app"));

    [Fact]
    public void Find_AllocatesNothing()
    {
        var table = new RuleTable(
        [
            Rules.Rule("hub", new RuleMatch { Namespaces = ["docker.io", "*.io"], Host = Host, Prefix = "team" }),
            Rules.Rule("account", new RuleMatch { Accounts = [Rules.Account] }, RuleShape.ByAccount),
            Rules.Rule("all"),
        ]);
        var repositories = new[] { Rules.Repository("team/app"), Rules.Repository("123456789012/team/app") };
        FindAThousandTimes(); // whoever is the first to come somewhere makes what all need, once

        var before = GC.GetAllocatedBytesForCurrentThread();
        var found = FindAThousandTimes();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.NotEqual(0, found);

        int FindAThousandTimes()
        {
            var found = 0;
            for (var i = 0; i < 1000; i++)
            {
                var result = table.Find(Host, i % 3 == 0 ? "quay.io" : Host, repositories[i % 2]);
                found += result is { Rule.Shape: RuleShape.Listed } plain && plain.TryMap(out _) is null ? 1 : 0;
            }

            return found;
        }
    }
}
