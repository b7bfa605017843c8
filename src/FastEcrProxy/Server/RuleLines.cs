using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Rules as <c>check</c> tells a person what they do: what each takes, where it goes, what may be done there.</summary>
internal static class RuleLines
{
    public static IEnumerable<CheckLine> Of(IReadOnlyList<RuleOptions> rules) => rules.Select(rule => CheckLine.Well(Text(rule)));

    /// <summary>A rule's name, and which requests it takes: <c>rule team (host registry.example.com, team/…)</c>.</summary>
    public static string Short(RuleOptions rule) =>
        rule.Name.Length == 0 ? "the only rule" : $"rule {rule.Name} ({Taken(rule)})";

    private static string Text(RuleOptions rule)
    {
        var name = rule.Name.Length == 0 ? "rule" : $"rule {rule.Name}";
        var registries = rule.Shape is RuleShape.ByNamespace
            ? $"the registry that ns names ({NamedWay(rule.Registries[0])})"
            : string.Join(", ", rule.Registries.Select(registry => $"{registry.Name} ({Address(rule, registry)}{Way(registry)})"));
        var order = rule is { Order: RegistryOrder.Latency, Registries.Count: > 1 } ? ", the fastest first" : "";
        return string.Join("; ", Further(rule).Prepend($"{name}: {Taken(rule)} -> {registries}{order}"));
    }

    private static string Taken(RuleOptions rule)
    {
        var match = rule.Match;
        var accounts = match.Accounts.Count == 0 ? "<account>" : string.Join(" or ", match.Accounts);
        var prefix = match.Prefix is null ? "" : match.Prefix + "/";
        string?[] parts =
        [
            match.Namespaces.Count == 0 ? null : "ns " + string.Join(" or ", match.Namespaces),
            match.Host is null ? null : "host " + match.Host,
            rule.Shape is RuleShape.ByAccount ? $"{accounts}/{prefix}…" : match.Prefix is null ? null : prefix + "…",
        ];
        var said = parts.OfType<string>().ToList();
        return said.Count == 0 ? "every request" : string.Join(", ", said);
    }

    private static string Address(RuleOptions rule, RegistryOptions registry)
    {
        var host = registry.Upstream.Host?.RegistryName;
        host = rule.Shape is RuleShape.ByAccount && host is not null
            ? RuleFormats.AccountPlace + host[registry.Upstream.Host!.Account.Length..]
            : host;
        var endpoint = registry.Upstream.Endpoint?.GetLeftPart(UriPartial.Authority);
        return (host, endpoint) switch
        {
            (null, null) => "the AWS account's own registry, ",
            (null, _) => endpoint + ", ",
            (_, null) => host + ", ",
            _ => $"{host} at {endpoint}, ",
        };
    }

    private static string NamedWay(RegistryOptions pattern)
    {
        var way = pattern.Upstream.Auth.Kind is RegistryAuthKind.Ecr ? Way(pattern) + ", where it is ECR" : Way(pattern);
        return pattern.Upstream.Endpoint is null ? way : $"at {pattern.Upstream.Endpoint.GetLeftPart(UriPartial.Authority)}, {way}";
    }

    /// <summary>What the registry is shown, and as whom.</summary>
    private static string Way(RegistryOptions registry)
    {
        var auth = registry.Upstream.Auth;
        var identity = (auth.Aws ?? registry.Ecr.Identity).ToString();
        var asWhom = identity.Length == 0 ? "" : " as " + identity;
        return auth.Kind switch
        {
            RegistryAuthKind.Ecr => "ECR token" + asWhom,
            RegistryAuthKind.EcrPublic => auth.Aws is null ? "anonymous" : "ECR Public token" + asWhom,
            RegistryAuthKind.None => "no login",
            _ => auth.User is null ? "anonymous" : "user " + auth.User,
        };
    }

    private static IEnumerable<string> Further(RuleOptions rule)
    {
        if (rule.StripPrefix is not null || rule.AddPrefix is not null)
        {
            yield return $"{Name(rule.StripPrefix)} is {Name(rule.AddPrefix)} there";
        }

        var primary = rule.Registries.FirstOrDefault(registry => rule.Primary is null || registry.Name == rule.Primary);
        var primaryName = rule.Shape is RuleShape.ByNamespace ? "that registry" : primary?.Name;
        if (rule is { PrefersPrimaryForTags: true, Registries.Count: > 1 })
        {
            yield return $"tags from {primaryName} first";
        }

        yield return rule.Push ? $"pushes go to {primaryName}" : "no pushes";
        if (rule.CreateRepositories is not null)
        {
            yield return "repositories that are missing there are made";
        }

        if (rule.RedirectClients.Count > 0)
        {
            var cached = rule.RedirectCached ? "all layers" : "layers that are not in the cache";
            yield return $"clients in {string.Join(", ", rule.RedirectClients)} fetch {cached} from the layer store";
        }

        static string Name(string? prefix) => prefix is null ? "<name>" : $"{prefix}/<name>";
    }
}
