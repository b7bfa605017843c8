using System.CommandLine;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary>The flags that are settings: made from the table of settings, and read back into what the reader takes.</summary>
internal sealed class SettingsFlags
{
    private readonly Option<string?> _config = new("--config")
    {
        HelpName = "FILE",
        Description = "Settings as JSON, comments allowed; docs/configuration.md lists them all.",
    };

    private readonly List<(Setting Setting, Option<string?> Option)> _options = [];

    /// <summary>Adds <c>--config</c> and the flags of these settings to a verb.</summary>
    public SettingsFlags(Command verb, IEnumerable<Setting> settings)
    {
        verb.Options.Add(_config);
        foreach (var setting in settings.Where(setting => setting.Flag is not null))
        {
            var words = setting.Choices.Count == 0 ? "" : $" One of {string.Join(", ", setting.Choices)}.";
            var option = new Option<string?>(setting.Flag!)
            {
                HelpName = setting.FlagValue,
                Description = $"{setting.Meaning}{words} Default: {setting.Default ?? setting.Otherwise}.",
            };
            _options.Add((setting, option));
            verb.Options.Add(option);
        }
    }

    public SettingsInput Read(ParseResult parsed) => new()
    {
        ConfigFile = parsed.GetValue(_config),
        Flags = _options
            .Where(flag => parsed.GetValue(flag.Option) is not null)
            .ToDictionary(flag => flag.Setting.Key, flag => parsed.GetValue(flag.Option)!),
        Environment = SettingsInput.ProcessEnvironment(),
    };
}
