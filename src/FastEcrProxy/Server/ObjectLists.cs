namespace FastEcrProxy.Server;

/// <summary>Every <see cref="ObjectList"/>.</summary>
internal static class ObjectLists
{
    public static IReadOnlyList<ObjectList> All { get; } = [AccessFields.List, IssuerFields.List];

    public static Setting? Find(string key) => All.Select(list => list.Find(key)).FirstOrDefault(found => found is not null);

    public static string? Nearest(string key) => All.Select(list => list.Nearest(key)).FirstOrDefault(found => found is not null);

    public static string? HowToWrite(string key) => All.Select(list => list.HowToWrite(key)).FirstOrDefault(found => found is not null);

    /// <summary>Whether the key is one of the lists, so that nothing there is no mistake.</summary>
    public static bool IsList(string key) => All.Any(list => list.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether the key is that of an item, or of something in one.</summary>
    public static bool IsWithin(string key) => All.Any(list => RuleKeys.TrySplit(key, list.Key, out _, out _));
}
