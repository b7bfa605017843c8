using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>What an entry of <c>Match.Namespaces</c> may be.</summary>
internal static class NamespaceChecks
{
    private const int LabelsLast = 2; // a name in somebody's hand has as many at least: example.com

    /// <summary>Any entry, whatever the rule makes of it.</summary>
    public static string? Problem(string text)
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

    /// <summary>
    /// One of a rule whose registries are those that clients name: a pattern has to say whose they are, and may not stand for
    /// any number of tokens.
    /// </summary>
    public static string? ProblemWhereClientsName(string text)
    {
        var pattern = new NamespacePattern(text);
        if (Problem(text) is { } problem)
        {
            return problem;
        }

        if (pattern.IsExact)
        {
            return null;
        }

        var host = text.Split(':')[0].TrimEnd('.');
        var isAnybodys = host.StartsWith('[')
            || host.Split('.').TakeLast(LabelsLast).Any(static label => label.Contains('*', StringComparison.Ordinal));
        if (isAnybodys)
        {
            return $"{text} lets clients name anybody's host; write *.example.com, with * before the last two labels";
        }

        return new EcrHostPattern(text[..pattern.Star], text[(pattern.Star + 1)..]).LeavesTokenOpen
            ? $"{text} lets clients make up Regions of ECR, each with a token; write *.dkr.ecr.eu-west-1.amazonaws.com, "
                + "once for each Region"
            : null;
    }
}
