using System.Diagnostics.CodeAnalysis;

namespace FastEcrProxy.Server;

/// <summary>One thing that can be configured: its names, its default, and one sentence on what it does.</summary>
internal abstract class Setting(string key, SettingKind kind)
{
    /// <summary>What the names of environment variables begin with.</summary>
    public const string EnvironmentPrefix = "FEP_";

    /// <summary>Between the levels of a key in the name of an environment variable.</summary>
    public const string EnvironmentSeparator = "__";

    /// <summary>Section and name, as in <c>Cache.Size</c>. Errors, documentation and logs call it that.</summary>
    public string Key { get; } = key;

    public SettingKind Kind { get; } = kind;

    /// <summary>The name in the environment, as in <c>FEP_Cache__Size</c>.</summary>
    public string Variable { get; } = VariableOf(key);

    /// <summary>One sentence: what it does and what follows from it.</summary>
    public required string Meaning { get; init; }

    /// <summary>What holds when nothing is said, as it would be written; null where there is no such value.</summary>
    public string? Default { get; init; }

    /// <summary>What happens without a value, where there is no default.</summary>
    public string? Otherwise { get; init; }

    /// <summary>The flag of <c>serve</c> and <c>check</c>, if there is one.</summary>
    public string? Flag { get; init; }

    /// <summary>What stands for the flag's value in the help, as in <c>SIZE</c>.</summary>
    public string? FlagValue { get; init; }

    /// <summary>The variable of aws-ecr-http-proxy that means the same; asked after our own.</summary>
    public string? Alias { get; init; }

    /// <summary>Whether the value is shown to nobody, not even to who has written it wrongly.</summary>
    public bool IsSecret { get; init; }

    /// <summary>What <c>{}</c> means where an object can be written; null where it cannot.</summary>
    public string? EmptyObject { get; init; }

    /// <summary>The words to choose from; empty for what is no choice.</summary>
    public abstract IReadOnlyList<string> Choices { get; }

    /// <summary>The least and the most of a number; null for what is none.</summary>
    public abstract (int Least, int Most)? Bounds { get; }

    /// <summary>What a key is called in the environment.</summary>
    public static string VariableOf(string key) =>
        EnvironmentPrefix + key.Replace(".", EnvironmentSeparator, StringComparison.Ordinal);

    /// <summary>The same of one thing in a list: <c>Match.Host</c> of the rule <c>Upstreams.0</c>.</summary>
    public abstract Setting At(string parent);
}

/// <summary>A setting and the type that its text becomes.</summary>
internal sealed class Setting<T>(string key, SettingFormat<T> format) : Setting(key, format.Kind)
{
    public override IReadOnlyList<string> Choices => format.Choices;

    public override (int Least, int Most)? Bounds => format.Bounds;

    /// <summary>What to tell who wrote something else.</summary>
    public string Refusal => format.Refusal;

    public bool TryParse(string text, [MaybeNullWhen(false)] out T value) => format.TryParse(text, out value);

    public override Setting<T> At(string parent) => new($"{parent}.{Key}", format)
    {
        Meaning = Meaning, Default = Default, Otherwise = Otherwise, IsSecret = IsSecret, EmptyObject = EmptyObject,
    };
}
