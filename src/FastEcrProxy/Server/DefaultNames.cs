using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Gives the registries of a rule that were written without a name one of their own.</summary>
internal static class DefaultNames
{
    private const int LengthMax = 63;
    private const string WhateverNsSays = "ns";

    /// <summary>
    /// The Region, with the account before it where the rule has the Region twice; else the host. What is taken already gets a
    /// number.
    /// </summary>
    public static IReadOnlyList<RegistryOptions> Fill(IReadOnlyList<RegistryOptions> registries, RuleShape shape)
    {
        var taken = registries.Select(registry => registry.Name).Where(name => name.Length > 0)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        var twice = registries.Select(registry => registry.Upstream.Host?.Region).OfType<string>()
            .GroupBy(region => region, StringComparer.Ordinal)
            .Where(same => same.Count() > 1)
            .Select(same => same.Key)
            .ToHashSet(StringComparer.Ordinal);
        return [.. registries.Select(Named)];

        RegistryOptions Named(RegistryOptions registry) => registry.Name.Length > 0
            ? registry
            : registry with { Name = Free(shape is RuleShape.ByNamespace ? WhateverNsSays : NameOf(registry, twice), taken) };
    }

    private static string NameOf(RegistryOptions registry, HashSet<string> twice)
    {
        var name = registry.Upstream switch
        {
            { Host: { } host } => twice.Contains(host.Region) ? $"{host.Account}.{host.Region}" : host.Region,
            { Endpoint: { } endpoint } => endpoint.Authority,
            _ => registry.Ecr.Region ?? "own",
        };
        var allowed = string.Concat(name.ToLowerInvariant().Select(letter => RuleFormats.IsName("a" + letter) ? letter : '-'));
        allowed = allowed.TrimStart('.', '_', '-');
        return allowed.Length switch
        {
            0 => "registry",
            > LengthMax => allowed[..LengthMax],
            _ => allowed,
        };
    }

    private static string Free(string name, HashSet<string> taken)
    {
        var free = name;
        for (var number = 2; !taken.Add(free); number++)
        {
            var suffix = $"-{number}";
            free = name[..Math.Min(name.Length, LengthMax - suffix.Length)] + suffix;
        }

        return free;
    }
}
