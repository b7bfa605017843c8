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
            Namespaces = values.Items(namespaces, NamespaceProblem),
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

    private static string? NamespaceProblem(string text)
    {
        var star = text.IndexOf('*', StringComparison.Ordinal);
        if (star != text.LastIndexOf('*'))
        {
            return $"{text} has more than one *; write one name or pattern for each";
        }

        // With a letter for the star, so that what is around it is judged.
        return SettingFormats.IsHostAndPort(text.Replace('*', 'a'))
            ? null
            : $"{text} is no host; write docker.io, registry.example.com:5000 or *.dkr.ecr.eu-west-1.amazonaws.com";
    }

    private static string? AccountProblem(string text) =>
        text.Length == EcrHost.AccountLength && text.All(char.IsAsciiDigit) ? null : $"{text} is no AWS account; write its twelve digits";
}
