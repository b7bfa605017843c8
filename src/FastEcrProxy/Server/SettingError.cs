using System.Text;
using FastEcrProxy.Observability;

namespace FastEcrProxy.Server;

/// <summary>One thing that is wrong with the configuration. Its text is one line: what, where, what to do.</summary>
/// <param name="Key">The setting, variable, flag or file.</param>
/// <param name="Value">What was written, if that matters.</param>
/// <param name="Problem">What is wrong and what to do about it.</param>
/// <param name="Origin">Where it was written, if the key does not say so.</param>
internal sealed record SettingError(string Key, string? Value, string Problem, string? Origin = null)
{
    private const int ValueLengthMax = 120; // a file pasted into a variable must not fill the screen

    public override string ToString()
    {
        var line = new StringBuilder(Key);
        if (Value is not null)
        {
            line.Append(" = \"").Append(Shown(Value)).Append('"');
        }

        line.Append(": ").Append(Problem);
        return Origin is null ? line.ToString() : line.Append(" (").Append(Origin).Append(')').ToString();
    }

    /// <summary>One line of it, without the password of an address like <c>https://user:password@host</c>.</summary>
    private static string Shown(string value)
    {
        var scheme = value.IndexOf("://", StringComparison.Ordinal);
        var at = value.LastIndexOf('@');
        if (scheme >= 0 && at > scheme)
        {
            value = string.Concat(value.AsSpan(0, scheme + "://".Length), "***", value.AsSpan(at));
        }

        var cut = value.Length > ValueLengthMax ? string.Concat(value.AsSpan(0, ValueLengthMax), "…") : value;
        using var shown = new StringWriter();
        PrintableText.Write(shown, cut);
        return shown.ToString();
    }
}
