using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>The settings that say which requests a rule takes, and what it makes of their repository's name.</summary>
internal static class RuleMatchSettings
{
    public static RuleMatch Read(SettingValues values, string rule, RuleShape shape)
    {
        var namespaces = RuleFields.MatchNamespaces.At(rule);
        var accounts = RuleFields.MatchAccounts.At(rule);
        if (shape is RuleShape.ByNamespace && !values.IsGiven(namespaces))
        {
            values.Refuse(namespaces, "is missing; with Shape ByNamespace it lists the registries that clients may name");
        }

        if (shape is not RuleShape.ByAccount && values.IsGiven(accounts))
        {
            values.Refuse(accounts, "has no use without Shape ByAccount");
        }

        return new RuleMatch
        {
            Host = values.Get(RuleFields.MatchHost.At(rule)),
            Namespaces = values.Items(
                namespaces, shape is RuleShape.ByNamespace ? NamespaceChecks.ProblemWhereClientsName : NamespaceChecks.Problem),
            Prefix = values.Get(RuleFields.MatchPrefix.At(rule)),
            Accounts = values.Items(accounts, AccountProblem),
        };
    }

    /// <summary>What is cut from the name: only what every name that the rule takes begins with can be.</summary>
    public static string? ReadStripPrefix(SettingValues values, string rule, RuleMatch match)
    {
        var setting = RuleFields.StripPrefix.At(rule);
        var strip = values.Get(setting);
        if (strip is not null && !values.IsRefused(RuleFields.MatchPrefix.At(rule))
            && (match.Prefix is null || !RepositoryPrefix.Begins(match.Prefix, strip)))
        {
            values.Refuse(setting, $"a name without it could not be stripped; write Match.Prefix \"{strip}\" or one that begins with it");
        }

        return strip;
    }

    private static string? AccountProblem(string text) =>
        text.Length == EcrHost.AccountLength && text.All(char.IsAsciiDigit) ? null : $"{text} is no AWS account; write its twelve digits";
}
