using System.Collections;

namespace FastEcrProxy.Server;

/// <summary>What a person gave: everything that settings are read from.</summary>
internal sealed record SettingsInput
{
    /// <summary>The file of <c>--config</c>; null for none.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>What the command line says, by key of the setting.</summary>
    public IReadOnlyDictionary<string, string> Flags { get; init; } = new Dictionary<string, string>();

    /// <summary>The environment, all of it: who else's variables are there is part of the reading.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the proxy is about to serve: then cache directory and ports are tried as well.</summary>
    public bool ToServe { get; init; }

    /// <summary>This process's environment.</summary>
    public static IReadOnlyDictionary<string, string> ProcessEnvironment() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>()
        .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "");
}
