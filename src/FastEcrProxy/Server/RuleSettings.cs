using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Reads the list of rules, <c>Upstreams</c>.</summary>
internal sealed class RuleSettings(SettingValues values, RegistrySettings registries)
{
    /// <summary>The settings that name the registry of the short form, and mean nothing beside rules.</summary>
    public static readonly IReadOnlyList<Setting> ShortForm =
        [SettingTable.UpstreamHost, SettingTable.UpstreamEndpoint, SettingTable.UpstreamAuth];

    /// <summary>Whether there are rules to be read.</summary>
    public static bool AreGiven(SettingValues values) => values.Numbers(RuleKeys.Rules).Count > 0;

    public IReadOnlyList<RuleOptions> Read()
    {
        foreach (var setting in ShortForm.Where(values.IsGiven).Take(1))
        {
            values.Refuse(setting, $"cannot stand beside {RuleKeys.Rules}; write the registry into a rule, or leave the rules out");
        }

        var keys = values.Numbers(RuleKeys.Rules).Select(number => RuleKeys.Item(RuleKeys.Rules, number)).ToList();
        var rules = keys.ConvertAll(key => (Key: key, Rule: ReadRule(key)));
        RuleChecks.CheckTable(values, rules);
        return rules.ConvertAll(rule => rule.Rule);
    }

    private RuleOptions ReadRule(string key)
    {
        var shape = values.Get(RuleFields.Shape.At(key));
        var match = RuleMatchSettings.Read(values, key, shape);
        var catalog = values.Given(RuleFields.Catalog.At(key)) ?? values.Get(SettingTable.Catalog);
        var read = ReadRegistries(key, shape);
        var rule = new RuleOptions
        {
            Name = values.Get(RuleFields.Name.At(key)) ?? "",
            Match = match,
            Shape = shape,
            StripPrefix = RuleMatchSettings.ReadStripPrefix(values, key, match),
            AddPrefix = values.Get(RuleFields.AddPrefix.At(key)),
            Registries = read,
            Order = values.Get(RuleFields.Order.At(key)),
            PrefersPrimaryForTags = values.Get(RuleFields.Tags.At(key)),
            Primary = PrimaryOf(values.Get(RuleFields.Primary.At(key)), read),
            Push = values.Get(RuleFields.Push.At(key)),
            CreateRepositories = RepositoryCreationSettings.Read(values, key),
            RedirectClients =
                [.. values.Items(RuleFields.RedirectClients.At(key), ClientNetworks.ProblemWith).Select(ClientNetworks.Parse)],
            RedirectCached = values.Get(RuleFields.RedirectCached.At(key)),
            Catalog = catalog,
        };
        RuleChecks.CheckRule(values, key, rule);
        return rule;
    }

    /// <summary>The primary as its registry spells itself, so that nobody else has to think of case; else as it was written.</summary>
    private static string? PrimaryOf(string? written, IReadOnlyList<RegistryOptions> registries) =>
        registries.FirstOrDefault(registry => registry.Name.Equals(written, StringComparison.OrdinalIgnoreCase))?.Name ?? written;

    private IReadOnlyList<RegistryOptions> ReadRegistries(string rule, RuleShape shape)
    {
        var list = $"{rule}.{RuleKeys.Registries}";
        var keys = values.Numbers(list).Select(number => RuleKeys.Item(list, number)).ToList();
        switch (shape, keys.Count)
        {
            case (not RuleShape.ByNamespace, 0):
                values.Refuse(list, "is missing or empty; write [\"123456789012.dkr.ecr.eu-central-1.amazonaws.com\"]");
                return [];
            case (RuleShape.ByNamespace, 0):
                keys = [RuleKeys.Item(list, 0)]; // nothing stands there, so all defaults hold
                break;
            case (RuleShape.ByNamespace, > 1):
                values.Refuse(
                    list, "has more than one registry; with Shape ByNamespace the request names it, and one says how it is reached");
                break;
        }

        var read = keys.ConvertAll(key => registries.Read(key, shape, isAlone: keys.Count == 1));
        RuleChecks.CheckNames(values, keys, read);
        return DefaultNames.Fill(read, shape);
    }
}
