using System.Text.RegularExpressions;
using CsCheck;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>Tables of twenty rules over few words, so that rules overlap often, against a second, plain reading of the rules.</summary>
public sealed class RuleTablePropertyTests
{
    private const int TableSize = 20;
    private const string OtherAccount = "210987654321";

    private static readonly string?[] Hosts = [null, "a.example.com", "b.example.com"];

    private static readonly string[] Patterns =
        ["docker.io", "quay.io", "*.io", "*", "*.example.com", "a.*ple.com", "a.ex*e.com", "a.example.com", Rules.Eu, "*.amazonaws.com"];

    private static readonly string?[] Prefixes =
        [null, null, "team", "team/app", "team/app/x", "teams", Rules.Account, Rules.Account + "/team"];

    private static readonly string?[] AskedNamespaces =
    [
        null, "", "docker.io", "quay.io", "ghcr.io", "a.example.com", "a.exple.com", "b.example.com:5000", Rules.Eu,
        "169.254.169.254", "A.Example.com",
    ];

    private static readonly Gen<string> Repositories =
        Rules.OneOf("team", "app", "x", "teams", Rules.Account, OtherAccount).List[1, 4].Select(parts => string.Join('/', parts));

    private static readonly Gen<RuleMatch> Matches = Gen.Select(
        Rules.OneOf(Hosts),
        Gen.OneOf(Gen.Const(new List<string>()), Rules.OneOf(Patterns).List[1, 3]),
        Rules.OneOf(Prefixes),
        Rules.OneOf(Rules.Account, OtherAccount).List[0, 2],
        (host, namespaces, prefix, accounts) =>
            new RuleMatch { Host = host, Namespaces = namespaces, Prefix = prefix, Accounts = accounts });

    /// <summary>Rules that validation lets stand beside each other.</summary>
    private static readonly Gen<List<RuleOptions>> Tables = Gen.Select(Matches, Gen.Bool, (match, byAccount) => byAccount
            ? Rules.Rule("", match, RuleShape.ByAccount)
            : Rules.Rule("", match with { Accounts = [] }))
        .List[TableSize * 3]
        .Select(rules => rules
            .Aggregate(
                new List<RuleOptions>(),
                (table, rule) => table.Count == TableSize || table.Any(other => RuleTable.Tie(rule, other))
                    ? table
                    : [.. table, rule with { Name = "rule-" + table.Count }]));

    private static readonly Gen<(string Host, string? Namespace, string Repository)> Requests = Gen.Select(
        Rules.OneOf(Hosts), Rules.OneOf(AskedNamespaces), Repositories, (host, ns, repository) => (host ?? "", ns, repository));

    [Fact]
    public void RuleThatWins_IsTheMostSpecificByAPlainReading() => Gen.Select(Tables, Requests.Array[50]).Sample((table, requests) =>
        Assert.All(requests, request =>
        {
            var fits = table.Select(rule => (rule.Name, Fit: Fit(table, rule, request))).Where(pair => pair.Fit is not null).ToList();
            var most = fits.Select(pair => pair.Fit).Max(Comparer<int[]?>.Create(Compare));

            var winners = fits.Where(pair => Compare(pair.Fit, most) == 0).Select(pair => pair.Name).ToList();

            Assert.True(winners.Count <= 1, string.Join(", ", winners));
            Assert.Equal(winners.SingleOrDefault(), Rules.Winner(table, request.Host, request.Namespace, request.Repository));
        }));

    [Fact]
    public void OrderOfTheTable_MakesNoDifference() =>
        Gen.Select(Tables.SelectMany(table => Gen.Shuffle(table.ToArray()).Select(other => (table, other))), Requests.Array[50])
            .Sample((tables, requests) => Assert.All(requests, request => Assert.Equal(
                Rules.Winner(tables.table, request.Host, request.Namespace, request.Repository),
                Rules.Winner(tables.other, request.Host, request.Namespace, request.Repository))));

    [Fact]
    public void OrderOfTwoRules_DecidesOnlyBetweenTies() =>
        Gen.Select(Matches, Matches, Gen.Bool, Gen.Bool, Requests.Array[50]).Sample((one, other, oneByAccount, otherByAccount, requests) =>
        {
            var first = Rules.Rule("first", one, oneByAccount ? RuleShape.ByAccount : RuleShape.Listed);
            var second = Rules.Rule("second", other, otherByAccount ? RuleShape.ByAccount : RuleShape.Listed);

            return RuleTable.Tie(first, second) || requests.All(request =>
                Rules.Winner([first, second], request.Host, request.Namespace, request.Repository)
                == Rules.Winner([second, first], request.Host, request.Namespace, request.Repository));
        });

    [Fact]
    public void TwentyRules_AreWhatMostTablesHave() =>
        Assert.Contains(Enumerable.Range(0, 20).Select(_ => Tables.Single()), table => table.Count == TableSize);

    /// <summary>What decides, first things first; null where the rule does not take the request.</summary>
    private static int[]? Fit(
        IReadOnlyList<RuleOptions> table, RuleOptions rule, (string Host, string? Namespace, string Repository) request)
    {
        var parts = request.Repository.Split('/');
        var byAccount = rule.Shape == RuleShape.ByAccount;
        if (byAccount)
        {
            var allowed = rule.Match.Accounts is [] || rule.Match.Accounts.Contains(parts[0]);
            if (parts.Length < 2 || !Regex.IsMatch(parts[0], "^[0-9]{12}$") || !allowed)
            {
                return null;
            }
        }

        var prefix = rule.Match.Prefix?.Split('/') ?? [];
        var hostFits = rule.Match.Host is null || rule.Match.Host == request.Host;
        if (!hostFits || !parts.Skip(byAccount ? 1 : 0).Take(prefix.Length).SequenceEqual(prefix))
        {
            return null;
        }

        var (ns, star) = Closest(rule.Match.Namespaces, request.Namespace);
        if (rule.Match.Namespaces is [] ? !TakesWithoutList(table, rule, request, parts[0]) : ns == 0)
        {
            return null;
        }

        return
        [
            ns,
            rule.Match.Host is null ? 0 : 1,
            prefix.Length + (byAccount ? 1 : 0),
            star,
            byAccount ? 0 : 1,
            rule.Match.Accounts.Count > 0 ? 1 : 0,
        ];
    }

    private static (int Rank, int Star) Closest(IReadOnlyList<string> patterns, string? ns) => patterns
        .Where(pattern => pattern.Equals(ns, StringComparison.OrdinalIgnoreCase) || IsOf(pattern, ns))
        .Select(pattern => pattern.Contains('*', StringComparison.Ordinal)
            ? (pattern.Length, pattern.IndexOf('*', StringComparison.Ordinal))
            : (1000, 0))
        .DefaultIfEmpty()
        .Max();

    private static bool IsOf(string pattern, string? ns) =>
        ns is not null and not "169.254.169.254"
        && pattern.Contains('*', StringComparison.Ordinal)
        && Regex.IsMatch(
            ns, $"^{Regex.Escape(pattern).Replace("\\*", "[a-z0-9.-]+", StringComparison.Ordinal)}$", RegexOptions.IgnoreCase);

    private static bool TakesWithoutList(
        IReadOnlyList<RuleOptions> table, RuleOptions rule, (string Host, string? Namespace, string Repository) request, string account)
    {
        var registry = rule.Shape == RuleShape.ByAccount ? Rules.Eu.Replace(Rules.Account, account, StringComparison.Ordinal) : Rules.Eu;
        return request.Namespace is null or ""
            || table.All(other => other.Match.Namespaces is [])
            || request.Namespace.Split(':')[0].Equals(request.Host, StringComparison.OrdinalIgnoreCase)
            || request.Namespace == registry;
    }

    private static int Compare(int[]? one, int[]? other)
    {
        if (one is null || other is null)
        {
            return (one is null ? 0 : 1) - (other is null ? 0 : 1);
        }

        var difference = one.Zip(other, (left, right) => left.CompareTo(right)).FirstOrDefault(order => order != 0);
        return difference;
    }
}
