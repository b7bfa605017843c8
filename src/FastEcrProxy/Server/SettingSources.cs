namespace FastEcrProxy.Server;

/// <summary>
/// Collects what was written for each setting: flags before environment before aws-ecr-http-proxy's variables before the file.
/// A list is taken whole from one source. Nothing that was written is lost silently: what no setting knows is an error.
/// </summary>
internal sealed class SettingSources
{
    private readonly Dictionary<string, SettingValue> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SettingError> _errors = [];
    private readonly List<string> _notices = [];

    public IReadOnlyDictionary<string, SettingValue> Values => _values;

    public IReadOnlyList<SettingError> Errors => _errors;

    /// <summary>What was given but has no effect, one sentence each.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Whether aws-ecr-http-proxy's ENABLE_SSL asks for TLS; then a certificate has to come from somewhere.</summary>
    public bool TlsDemanded { get; private set; }

    public static SettingSources Collect(SettingsInput input)
    {
        var sources = new SettingSources();
        sources.AddFlags(input.Flags);
        sources.AddEnvironment(input.Environment);
        sources.AddFormerVariables(input.Environment);
        if (input.ConfigFile is not null)
        {
            sources.AddFile(input.ConfigFile);
        }

        return sources;
    }

    private void AddFlags(IReadOnlyDictionary<string, string> flags)
    {
        foreach (var (key, text) in flags)
        {
            _values.TryAdd(key, SettingValue.From(text, SettingTable.Find(key)?.Flag ?? key));
        }
    }

    private void AddEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        var ours = environment
            .Where(pair => pair.Value.Length > 0 // an empty variable is how Compose and Kubernetes say "not set"
                && pair.Key.StartsWith(Setting.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)
                && !IsOfKubernetes(pair.Key))
            .Select(pair => (Name: pair.Key, Key: KeyOf(pair.Key), Text: pair.Value))
            .ToList();
        Add(ours.Select(variable => (variable.Key, variable.Text, Source: variable.Name)));
        var unknown = ours.Where(variable => SettingOf(variable.Key) is null);
        _errors.AddRange(unknown.Select(variable => UnknownKeys.InEnvironment(variable.Name, variable.Key)));
    }

    private void AddFormerVariables(IReadOnlyDictionary<string, string> environment)
    {
        var former = FormerVariables.Read(environment);
        _errors.AddRange(former.Errors);
        _notices.AddRange(former.Notices);
        TlsDemanded = former.TlsDemanded;
        Add(former.Values.Select(value => (value.Setting.Key, value.Text, value.Variable)));
    }

    private void AddFile(string path)
    {
        var (values, error) = SettingsFile.Read(path);
        if (error is not null)
        {
            _errors.Add(error);
        }

        Add(values.Where(value => !string.IsNullOrEmpty(TextOf(value))).Select(value => (value.Key, TextOf(value)!, path)));
        foreach (var value in values)
        {
            if (SettingOf(value.Key) is not { } setting || (value.Text is null && RuleKeys.IsRegistry(value.Key)))
            {
                _errors.AddRange(UnknownKeys.InFile(value.Key, isEmpty: value.Text is null, path) is { } unknown ? [unknown] : []);
            }
            else if (value.Text is "") // null says "not given", an empty text may be a template that was not filled in
            {
                var example = setting.Default is null ? "a value" : $"a value like {setting.Default}";
                var problem = $"is empty; leave it out or give {example}";
                _errors.Add(new SettingError(value.Key, null, problem, SettingValue.OriginOf(path)));
            }
        }
    }

    private static string? TextOf(FileValue value) =>
        value.Text ?? (value.IsObject ? SettingOf(value.Key)?.EmptyObject : null);

    /// <summary>One source's values. Items of one list arrive as <c>Key.0</c>, <c>Key.1</c> and are ordered by number.</summary>
    private void Add(IEnumerable<(string Key, string Text, string Source)> values)
    {
        var bySetting = values
            .Select(value => (Setting: SettingOf(value.Key), value.Key, value.Text, value.Source))
            .Where(value => value.Setting is not null)
            .GroupBy(value => value.Setting!.Key, StringComparer.OrdinalIgnoreCase);
        foreach (var group in bySetting)
        {
            var items = group.OrderBy(item => ItemNumber(item.Setting!, item.Key)).ToList();
            var text = string.Join(',', items.Select(item => item.Text));
            _values.TryAdd(group.Key, SettingValue.From(text, items[0].Source));
        }
    }

    private static Setting? SettingOf(string key)
    {
        if (Find(key) is { } setting)
        {
            return setting;
        }

        var list = key.LastIndexOf('.') is > 0 and var dot ? Find(key[..dot]) : null;
        return list is { Kind: SettingKind.List } && ItemNumber(list, key) >= 0 ? list : null;

        static Setting? Find(string key) => SettingTable.Find(key) ?? RuleKeys.Find(key) ?? ObjectLists.Find(key);
    }

    private static int ItemNumber(Setting setting, string key) =>
        key.Length > setting.Key.Length && int.TryParse(key.AsSpan(setting.Key.Length + 1), out var number) ? number : -1;

    private static string KeyOf(string variable) =>
        variable[Setting.EnvironmentPrefix.Length..].Replace(Setting.EnvironmentSeparator, ".", StringComparison.Ordinal);

    /// <summary>Kubernetes puts FEP_SERVICE_HOST, FEP_PORT_5000_TCP and more into the pods beside a Service called fep.</summary>
    private static bool IsOfKubernetes(string variable) =>
        !variable.Contains(Setting.EnvironmentSeparator, StringComparison.Ordinal)
        && (variable.StartsWith("FEP_SERVICE_", StringComparison.Ordinal)
            || variable is "FEP_PORT"
            || variable.StartsWith("FEP_PORT_", StringComparison.Ordinal));
}
