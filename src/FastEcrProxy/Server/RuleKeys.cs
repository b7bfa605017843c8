using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace FastEcrProxy.Server;

/// <summary>
/// The keys of what stands in the list of rules: <c>Upstreams.0.Match.Host</c>, <c>Upstreams.0.Registries.1.Auth</c>; numbers as
/// in the environment, from zero.
/// </summary>
internal static class RuleKeys
{
    /// <summary>The list of rules.</summary>
    public const string Rules = "Upstreams";

    /// <summary>A rule's list of registries.</summary>
    public const string Registries = "Registries";

    /// <summary>What a rule's new repositories are tagged with: names that nobody has listed.</summary>
    public const string RepositoryTags = "CreateRepositories.Tags";

    /// <summary>The section of the short form, which has no list.</summary>
    private const string Singular = "Upstream";

    private static readonly string[] Sections = ["Match", "CreateRepositories", RepositoryTags];

    /// <summary>What the number-th thing of a list is called.</summary>
    public static string Item(string list, int number) => string.Create(CultureInfo.InvariantCulture, $"{list}.{number}");

    /// <summary>The number in a key that begins with the list and has one next, and what comes after it.</summary>
    public static bool TrySplit(string key, string list, out int number, out string rest)
    {
        (number, rest) = (0, "");
        if (key.Length <= list.Length + 1 || key[list.Length] != '.' || !key.StartsWith(list, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var end = key.IndexOf('.', list.Length + 1);
        var digits = end < 0 ? key.AsSpan(list.Length + 1) : key.AsSpan(list.Length + 1, end - list.Length - 1);
        rest = end < 0 ? "" : key[(end + 1)..];
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The setting of that key, in any case, or null. A registry that is one text is its host.</summary>
    public static Setting? Find(string key)
    {
        if (!TrySplit(key, Rules, out var number, out var rest))
        {
            return null;
        }

        var rule = Item(Rules, number);
        if (TrySplit(rest, Registries, out var registryNumber, out var name))
        {
            var registry = Item($"{rule}.{Registries}", registryNumber);
            return (name.Length == 0 ? RegistryFields.Host : Named(RegistryFields.All, name))?.At(registry);
        }

        return TrySplitTag(rest, out var tag) ? RuleFields.RepositoryTag(tag).At(rule) : Named(RuleFields.All, rest)?.At(rule);
    }

    /// <summary>The key that somebody meant who wrote one of a rule that does not exist, or null.</summary>
    public static string? Nearest(string key)
    {
        if (!TrySplit(key, Rules, out var number, out var rest))
        {
            return null;
        }

        var rule = Item(Rules, number);
        if (TrySplit(rest, Registries, out var registryNumber, out var name))
        {
            var meant = Meant(name, RegistryFields.All.Select(field => field.Key));
            return meant is null ? null : $"{Item($"{rule}.{Registries}", registryNumber)}.{meant}";
        }

        var item = int.TryParse(LastPart(rest), out _) ? rest[rest.LastIndexOf('.')..] : "";
        rest = rest[..^item.Length];
        var found = Meant(rest, RuleFields.All.Select(field => field.Key).Append(Registries))
            ?? Meant(rest, RegistryFields.All.Select(field => $"{Item(Registries, 0)}.{field.Key}"));
        return found is null ? null : $"{rule}.{found}{item}";

        // The section is often forgotten: Namespaces for Match.Namespaces.
        static string? Meant(string word, IEnumerable<string> keys) =>
            Spelling.Nearest(word, keys, known => known) ?? Spelling.Nearest(LastPart(word), keys, LastPart);
    }

    /// <summary>Whether settings of a rule stand below the key, so that nothing there is no mistake.</summary>
    public static bool IsSection(string key) =>
        key.Equals(Rules, StringComparison.OrdinalIgnoreCase)
        || (TrySplit(key, Rules, out _, out var rest)
            && (Sections.Append(Registries).Contains(rest, StringComparer.OrdinalIgnoreCase)
                || (TrySplit(rest, Registries, out _, out var name) && name.Equals("Aws", StringComparison.OrdinalIgnoreCase))));

    /// <summary>Whether the key is one registry of a list.</summary>
    public static bool IsRegistry(string key) =>
        TrySplit(key, Rules, out _, out var rest) && TrySplit(rest, Registries, out _, out var name) && name.Length == 0;

    /// <summary>What to write instead of a key that is a list, a rule or part of one; null where it is none of these.</summary>
    public static string? HowToWrite(string key)
    {
        if (!TrySplit(key, Rules, out _, out var rest))
        {
            var isBelow = key.StartsWith(Rules + ".", StringComparison.OrdinalIgnoreCase);
            return isBelow || key.Equals(Rules, StringComparison.OrdinalIgnoreCase) || TrySplit(key, Singular, out _, out _)
                ? $"{Rules} is a list of rules; write {{ \"{Rules}\": [ {{ \"{Registries}\": [ … ] }} ] }}"
                : null;
        }

        if (rest.Length == 0)
        {
            return $"a rule has registries; write {{ \"{Registries}\": [ … ] }}";
        }

        if (rest.Equals(Registries, StringComparison.OrdinalIgnoreCase))
        {
            return $"it is a list; write \"{Registries}\": [\"123456789012.dkr.ecr.eu-central-1.amazonaws.com\"]";
        }

        if (IsRegistry(key))
        {
            return "a registry has a host or an endpoint; write { \"Host\": \"123456789012.dkr.ecr.eu-central-1.amazonaws.com\" }";
        }

        var fields = TrySplit(rest, Registries, out _, out var section) ? RegistryFields.All : RuleFields.All;
        section = section.Length == 0 ? rest : section;
        var first = fields.FirstOrDefault(field => field.Key.StartsWith(section + ".", StringComparison.OrdinalIgnoreCase));
        return first is null
            ? null
            : $"unknown key; it is a section, write {{ \"{LastPart(key)}\": {{ \"{LastPart(first.Key)}\": … }} }}";
    }

    private static bool TrySplitTag(string rest, [NotNullWhen(true)] out string? tag)
    {
        var isTag = rest.Length > RepositoryTags.Length + 1
            && rest.StartsWith(RepositoryTags + ".", StringComparison.OrdinalIgnoreCase);
        tag = isTag ? rest[(RepositoryTags.Length + 1)..] : null;
        return isTag;
    }

    private static Setting? Named(IEnumerable<Setting> fields, string key) =>
        fields.FirstOrDefault(field => field.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    private static string LastPart(string key) => key[(key.LastIndexOf('.') + 1)..];
}
