namespace FastEcrProxy.Server;

/// <summary>A list of objects in the configuration whose items have plain fields; <see cref="RuleKeys"/> is the one that nests.</summary>
/// <param name="Key">As in <c>Clients.Rules</c>.</param>
/// <param name="Meaning">One sentence for the schema.</param>
/// <param name="Fields">Every setting of an item, by its key within the item.</param>
/// <param name="Example">One item as it is written, to show who wrote something else.</param>
internal sealed record ObjectList(string Key, string Meaning, IReadOnlyList<Setting> Fields, string Example)
{
    /// <summary>The setting of that key, in any case, or null.</summary>
    public Setting? Find(string key) =>
        RuleKeys.TrySplit(key, Key, out var number, out var rest)
            ? Fields.FirstOrDefault(field => field.Key.Equals(rest, StringComparison.OrdinalIgnoreCase))?.At(RuleKeys.Item(Key, number))
            : null;

    /// <summary>The key that somebody meant who wrote one of an item that does not exist, or null.</summary>
    public string? Nearest(string key) =>
        RuleKeys.TrySplit(key, Key, out var number, out var rest)
        && Spelling.Nearest(rest, Fields, static field => field.Key) is { } meant
            ? $"{RuleKeys.Item(Key, number)}.{meant.Key}"
            : null;

    /// <summary>What to write instead of a key that is the list, or an item of it; null where it is neither.</summary>
    public string? HowToWrite(string key)
    {
        var isItem = RuleKeys.TrySplit(key, Key, out _, out var rest) && rest.Length == 0;
        return isItem || key.Equals(Key, StringComparison.OrdinalIgnoreCase) ? $"{Key} is a list of objects; write [ {Example} ]" : null;
    }

    /// <summary>The keys of the items that somebody has written something about, in order.</summary>
    public IReadOnlyList<string> Items(SettingValues values) =>
        [.. values.Numbers(Key).Select(number => RuleKeys.Item(Key, number))];
}
