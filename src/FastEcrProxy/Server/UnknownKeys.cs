namespace FastEcrProxy.Server;

/// <summary>What to tell who wrote a key or a variable that no setting has.</summary>
internal static class UnknownKeys
{
    public static SettingError InEnvironment(string variable, string key)
    {
        var meant = Nearest(key) is { } near ? Setting.VariableOf(near) : null;
        return new SettingError(
            variable, null, "unknown variable" + (FormOf(key) is { } form ? "; " + form : DidYouMean(meant)));
    }

    /// <summary>Null for a section without anything in it: that is no mistake.</summary>
    /// <param name="key">What was written.</param>
    /// <param name="isEmpty">Whether nothing stands there: <c>null</c>, <c>{}</c> or <c>[]</c>.</param>
    /// <param name="path">The file.</param>
    public static SettingError? InFile(string key, bool isEmpty, string path)
    {
        if (isEmpty && (FirstOf(key) is not null || RuleKeys.IsSection(key) || ObjectLists.IsList(key)))
        {
            return null;
        }

        return new SettingError(key, null, HowToWrite(key), SettingValue.OriginOf(path));
    }

    private static string HowToWrite(string key)
    {
        if (FormOf(key) is { } form)
        {
            return form;
        }

        return "unknown key" + (FirstOf(key) is { } first
            ? $"; it is a section, write {{ \"{key}\": {{ \"{first.Key[(key.Length + 1)..]}\": … }} }}"
            : DidYouMean(Nearest(key)));
    }

    private static string? Nearest(string key) => RuleKeys.Nearest(key) ?? ObjectLists.Nearest(key) ?? SettingTable.Nearest(key)?.Key;

    /// <summary>What to write instead of a key that stands for a list, or for an item of one.</summary>
    private static string? FormOf(string key) => RuleKeys.HowToWrite(key) ?? ObjectLists.HowToWrite(key);

    /// <summary>The first setting of a section; null for what is no section.</summary>
    private static Setting? FirstOf(string section) =>
        SettingTable.All.FirstOrDefault(setting => setting.Key.StartsWith(section + ".", StringComparison.OrdinalIgnoreCase));

    private static string DidYouMean(string? name) =>
        name is null ? "; docs/configuration.md lists them all" : $"; did you mean {name}?";
}
