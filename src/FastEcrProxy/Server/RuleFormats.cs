using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Server;

/// <summary>Ways of writing that only rules and their registries have.</summary>
internal static class RuleFormats
{
    /// <summary>Stands where the account is in the host of a registry that goes by account.</summary>
    public const string AccountPlace = "{account}";

    private const int NameLengthMax = 63;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");

    public static readonly SettingFormat<string> Name = new(
        SettingKind.Text,
        (string text, [MaybeNullWhen(false)] out string value) => IsName(value = text),
        "not a name; write up to 63 lower-case letters, digits, '.', '_' and '-', a letter or digit first");

    public static readonly SettingFormat<string> Prefix = new(
        SettingKind.Text,
        (string text, [MaybeNullWhen(false)] out string value) => Repository.TryParse(value = text, out _),
        "not the beginning of a repository's name; write team or team/app, in lower case, without a slash at either end");

    public static readonly SettingFormat<string> RequestHost = new(
        SettingKind.Host, TryParseRequestHost, "not the name of a host; write registry.example.com, without scheme and port");

    /// <summary>As everywhere, or with <see cref="AccountPlace"/> in it.</summary>
    public static readonly SettingFormat<string> RegistryHost = new(
        SettingKind.Host, TryParseRegistryHost, SettingFormats.Host.Refusal + " (an address with http:// goes into Endpoint)");

    /// <summary>Any text; what it may be is the reader's question.</summary>
    public static readonly SettingFormat<string> Text = new(
        SettingKind.Text,
        (string text, [MaybeNullWhen(false)] out string value) => (value = text).Length > 0,
        "is empty; leave it out");

    /// <summary>Any texts; what each may be is the reader's question.</summary>
    public static readonly SettingFormat<IReadOnlyList<string>> Texts = new(
        SettingKind.List,
        (string text, [MaybeNullWhen(false)] out IReadOnlyList<string> value) =>
        {
            value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return true;
        },
        "not a list");

    public static bool IsName(string text) =>
        text.Length is > 0 and <= NameLengthMax
        && char.IsAsciiLetterOrDigit(text[0])
        && !text.AsSpan().ContainsAnyExcept(NameCharacters);

    private static bool TryParseRequestHost(string text, [MaybeNullWhen(false)] out string host)
    {
        host = text.Trim().ToLowerInvariant();
        var kind = Uri.CheckHostName(host);
        host = kind is UriHostNameType.IPv6 && !host.StartsWith('[') ? $"[{host}]" : host; // as it is in a request
        return kind is not UriHostNameType.Unknown;
    }

    private static bool TryParseRegistryHost(string text, [MaybeNullWhen(false)] out string host)
    {
        host = SettingFormats.WithoutScheme(text);
        return SettingFormats.IsHostAndPort(host.Replace(AccountPlace, "account", StringComparison.Ordinal));
    }
}
