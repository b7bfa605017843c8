using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>What in one rule, and in the table of rules, does not go together.</summary>
internal static class RuleChecks
{
    /// <summary>One rule by itself.</summary>
    public static void CheckRule(SettingValues values, string key, RuleOptions rule)
    {
        var primary = RuleFields.Primary.At(key);
        var pushesTo = rule.Primary is { } name
            ? rule.Registries.FirstOrDefault(registry => registry.Name == name)
            : rule.Registries.FirstOrDefault();
        if (rule.Primary is not null && pushesTo is null && rule.Registries.Count > 0)
        {
            var known = string.Join(", ", rule.Registries.Select(registry => registry.Name));
            values.Refuse(primary, $"is none of the rule's registries; write one of {known}");
        }

        if (rule.CreateRepositories is not null)
        {
            CheckCreation(values, key, rule, pushesTo);
        }

        if (rule.Shape is RuleShape.ByNamespace && rule.Registries is [{ Upstream: { Endpoint: null, Auth.User: not null } }]
            && !values.IsRefused(RuleFields.MatchNamespaces.At(key))
            && !(rule.Match.Namespaces is [var only] && new NamespacePattern(only).IsExact))
        {
            values.Refuse(
                RegistryFields.User.At(RuleKeys.Item($"{key}.{RuleKeys.Registries}", 0)),
                "would be shown to every registry that Match.Namespaces takes; write one name there, without *, or Endpoint");
        }

        if (rule.RedirectCached && !values.IsGiven(RuleFields.RedirectClients.At(key)))
        {
            values.Refuse(RuleFields.RedirectCached.At(key), "has no use without RedirectClients");
        }
    }

    /// <summary>The names of one rule's registries, where they were written.</summary>
    public static void CheckNames(SettingValues values, IReadOnlyList<string> keys, IReadOnlyList<RegistryOptions> registries)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            var name = registries[i].Name;
            var first = registries.TakeWhile(other => !other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Count();
            if (name.Length > 0 && first < i)
            {
                values.Refuse(RegistryFields.Name.At(keys[i]), $"is the name of {keys[first]} too; every registry of a rule needs its own");
            }
        }
    }

    /// <summary>The rules together.</summary>
    public static void CheckTable(SettingValues values, IReadOnlyList<(string Key, RuleOptions Rule)> rules)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            var (key, rule) = rules[i];
            var setting = RuleFields.Name.At(key);
            if (rule.Name.Length == 0 && rules.Count > 1 && !values.IsRefused(setting))
            {
                values.Refuse(setting, "is missing; of several rules each needs a name");
            }

            var before = rules.Take(i).ToList();
            var same = before.FirstOrDefault(other => other.Rule.Name.Equals(rule.Name, StringComparison.OrdinalIgnoreCase));
            if (rule.Name.Length > 0 && same.Rule is not null)
            {
                values.Refuse(setting, $"is the name of {same.Key} too; every rule needs its own");
            }

            var tied = before.FirstOrDefault(other => IsMatchRead(values, other.Key) && RuleTable.Tie(rule, other.Rule));
            if (tied.Rule is not null && IsMatchRead(values, key))
            {
                values.Refuse(
                    $"{key}.Match", $"takes the same requests as {Called(tied.Key, tied.Rule)}; let Host, Namespaces or Prefix differ");
            }
        }
    }

    private static void CheckCreation(SettingValues values, string key, RuleOptions rule, RegistryOptions? pushesTo)
    {
        var section = $"{key}.{RuleFields.CreateRepositories.Key}";
        if (!rule.Push && !values.IsRefused(RuleFields.Push.At(key)))
        {
            values.Refuse(section, "has no use without Push true");
        }

        if (rule.Shape is RuleShape.ByNamespace)
        {
            values.Refuse(section, "cannot be with Shape ByNamespace: any registry may be named, and only private ECR makes any");
        }
        else if (pushesTo is not null && pushesTo.Upstream.Auth.Kind is not RegistryAuthKind.Ecr)
        {
            values.Refuse(section, $"needs private ECR to push to, which {pushesTo.Name} is not; leave it out, or write Primary");
        }
    }

    /// <summary>Whether what the rule takes is known: after an error there, it would be compared with what nobody wrote.</summary>
    private static bool IsMatchRead(SettingValues values, string key) =>
        !RuleFields.All.Where(field => field.Key.StartsWith("Match.", StringComparison.Ordinal) || field == RuleFields.Shape)
            .Any(field => values.IsRefused(field.At(key)));

    private static string Called(string key, RuleOptions rule) => rule.Name.Length == 0 ? key : $"{key} ({rule.Name})";
}
