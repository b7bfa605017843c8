using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace FastEcrProxy.Server;

/// <summary>The file of <c>--config</c>: JSON with comments, as sections and names.</summary>
internal static class SettingsFile
{
    /// <summary>How the file is named on the command line.</summary>
    public const string Flag = "--config";

    private const string SchemaKey = "$schema"; // for editors, not for us

    /// <summary>What stands in the file, by key, as text; items of a list as <c>Upstream.AllowedRedirectHosts.0</c>.</summary>
    /// <returns>The values, or the one error that made the file unreadable.</returns>
    public static (IReadOnlyList<KeyValuePair<string, string>> Values, SettingError? Error) Read(string path)
    {
        var (text, problem) = TextFile.Read(path);
        if (text is null)
        {
            return ([], Refused(path, problem!));
        }

        try
        {
            using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
            using var configuration = (ConfigurationRoot)new ConfigurationBuilder().AddJsonStream(stream).Build();
            var values = configuration.AsEnumerable().Where(IsGiven).Select(Dotted);
            return ([.. values.OrderBy(pair => pair.Key, StringComparer.Ordinal)], null);
        }
        catch (JsonException error)
        {
            var place = $"line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}";
            return ([], Refused(path, $"no JSON at {place}: {Reason(error)}"));
        }
        catch (FormatException error)
        {
            return ([], Refused(path, error.Message)); // the same key twice, or no object at all
        }
    }

    private static SettingError Refused(string path, string problem) => new(Flag, path, problem);

    private static bool IsGiven(KeyValuePair<string, string?> pair) =>
        !string.IsNullOrEmpty(pair.Value) && pair.Key is not SchemaKey;

    private static KeyValuePair<string, string> Dotted(KeyValuePair<string, string?> pair) =>
        new(pair.Key.Replace(ConfigurationPath.KeyDelimiter, ".", StringComparison.Ordinal), pair.Value!);

    /// <summary>The library's sentence without the position that it appends.</summary>
    private static string Reason(JsonException error) =>
        error.Message.Split(" LineNumber:", StringSplitOptions.None)[0].Trim().TrimEnd('.');
}
