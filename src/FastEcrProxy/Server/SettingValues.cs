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

    /// <summary>Says what is wrong with a value beyond its form.</summary>
    public void Refuse(Setting setting, string problem)
    {
        var written = Find(setting);
        _refused.Add(setting.Key);
        _errors.Add(new SettingError(setting.Key, written?.Text, problem, written?.Origin));
    }

    public void Refuse(SettingError error) => _errors.Add(error);

    public void Notice(string sentence) => _notices.Add(sentence);
}
