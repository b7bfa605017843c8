namespace FastEcrProxy.Server;

/// <summary>What holds for each setting after all sources were asked, and everything that is wrong with it.</summary>
internal sealed class SettingValues(SettingSources sources)
{
    private readonly List<SettingError> _errors = [.. sources.Errors];
    private readonly List<string> _notices = [.. sources.Notices];
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);

    /// <summary>In the order of the sources, then of the settings.</summary>
    public IReadOnlyList<SettingError> Errors => _errors;

    public IReadOnlyList<string> Notices => _notices;

    /// <summary>What somebody wrote, or the default; null where there is neither.</summary>
    public SettingValue? Find(Setting setting) =>
        sources.Values.GetValueOrDefault(setting.Key)
        ?? (setting.Default is null ? null : new SettingValue(setting.Default, SettingValue.DefaultOrigin));

    /// <summary>Whether somebody wrote it, rightly or wrongly.</summary>
    public bool IsGiven(Setting setting) => sources.Values.ContainsKey(setting.Key);

    /// <summary>Whether it was refused already: then there is nothing more to say about it.</summary>
    public bool IsRefused(Setting setting) => _refused.Contains(setting.Key);

    /// <summary>The value; where it is missing or refused, the type's default, and the error is kept.</summary>
    public T? Get<T>(Setting<T> setting)
    {
        if (Find(setting) is not { } written)
        {
            return default;
        }

        if (setting.TryParse(written.Text, out var value))
        {
            return value;
        }

        if (!IsRefused(setting))
        {
            Refuse(setting, setting.Refusal);
        }

        return default;
    }

    /// <summary>What somebody wrote rightly; null where nothing was, whatever the default.</summary>
    public T? Given<T>(Setting<T> setting)
        where T : struct =>
        IsGiven(setting) && !IsRefused(setting) && Get(setting) is var value && !IsRefused(setting) ? value : null;

    /// <summary>Says what is wrong with a value beyond its form, or with there being none.</summary>
    public void Refuse(Setting setting, string problem)
    {
        var written = Find(setting);
        var text = setting.IsSecret ? null : written?.Text;
        _refused.Add(setting.Key);
        _errors.Add(new SettingError(setting.Key, text, problem, written?.Origin ?? OriginOf(setting.Key)));
    }

    public void Refuse(SettingError error) => _errors.Add(error);

    public void Notice(string sentence) => _notices.Add(sentence);

    /// <summary>Says what is wrong with one of the things in a list, or what is missing there.</summary>
    public void Refuse(string key, string problem) => _errors.Add(new SettingError(key, null, problem, OriginOf(key)));

    /// <summary>The items of a list that there is nothing to say against; against each of the others, one sentence.</summary>
    public IReadOnlyList<string> Items(Setting<IReadOnlyList<string>> setting, Func<string, string?> problemOf)
    {
        var items = Get(setting) ?? [];
        foreach (var problem in items.Select(problemOf).OfType<string>())
        {
            Refuse(setting, problem);
        }

        return [.. items.Where(item => problemOf(item) is null)];
    }

    /// <summary>The numbers of the things in a list that somebody has written something about, in order.</summary>
    public IReadOnlyList<int> Numbers(string list) =>
    [
        .. sources.Values.Keys
            .Select(key => RuleKeys.TrySplit(key, list, out var number, out _) ? number : (int?)null)
            .OfType<int>()
            .Distinct()
            .Order(),
    ];

    /// <summary>What stands below a key, by what comes after it.</summary>
    public IReadOnlyList<(string Name, string Text)> Below(string key) =>
    [
        .. sources.Values
            .Where(pair => pair.Key.StartsWith(key + ".", StringComparison.OrdinalIgnoreCase))
            .Select(pair => (pair.Key[(key.Length + 1)..], pair.Value.Text)),
    ];

    /// <summary>Where what stands below a key, or around it in the same item of a list, was written; null outside of lists.</summary>
    private string? OriginOf(string key)
    {
        for (; RuleKeys.TrySplit(key, RuleKeys.Rules, out _, out _) || ObjectLists.IsWithin(key); key = key[..key.LastIndexOf('.')])
        {
            var nearest = sources.Values.FirstOrDefault(pair =>
                pair.Key.StartsWith(key + ".", StringComparison.OrdinalIgnoreCase)
                || pair.Key.Equals(key, StringComparison.OrdinalIgnoreCase));
            if (nearest.Value is not null)
            {
                return nearest.Value.Origin;
            }
        }

        return null;
    }
}
