using System.Text.Json;

namespace FastEcrProxy.Server;

/// <summary>The file of <c>--config</c>: JSON with comments, as sections and names.</summary>
internal static class SettingsFile
{
    /// <summary>How the file is named on the command line.</summary>
    public const string Flag = "--config";

    private const string SchemaKey = "$schema"; // for editors, not for us

    private static readonly JsonDocumentOptions AsPeopleWriteIt = new()
    {
        CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    };

    /// <summary>What stands in the file, by key; items of a list as <c>Upstream.AllowedRedirectHosts.0</c>.</summary>
    /// <returns>The values, or the one error that made the file unreadable.</returns>
    public static (IReadOnlyList<FileValue> Values, SettingError? Error) Read(string path)
    {
        var (text, problem) = TextFile.Read(path);
        if (text is null || string.IsNullOrWhiteSpace(text))
        {
            return ([], Refused(path, problem ?? "the file is empty; write {} for no settings"));
        }

        try
        {
            using var json = JsonDocument.Parse(text, AsPeopleWriteIt);
            if (json.RootElement.ValueKind is not JsonValueKind.Object)
            {
                return ([], Refused(path, "no object; write { \"Cache\": { … } }"));
            }

            var values = Flattened("", json.RootElement).Where(pair => pair.Key is not SchemaKey).ToList();
            var twice = values.GroupBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Count() > 1);
            return twice is null
                ? ([.. values.OrderBy(pair => pair.Key, StringComparer.Ordinal)], null)
                : ([], Refused(path, $"{twice.Key} stands there more than once; write it once"));
        }
        catch (JsonException error)
        {
            var place = $"line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}";
            return ([], Refused(path, $"no JSON at {place}: {Reason(error)}"));
        }
    }

    private static SettingError Refused(string path, string problem) => new(Flag, path, problem);

    private static IEnumerable<FileValue> Flattened(string key, JsonElement element)
    {
        var parts = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(part => (part.Name, part.Value)).ToList(),
            JsonValueKind.Array => [.. element.EnumerateArray().Select((item, number) => ($"{number}", item))],
            _ => [],
        };
        if (parts.Count > 0)
        {
            return parts.SelectMany(part => Flattened(key.Length == 0 ? part.Name : $"{key}.{part.Name}", part.Value));
        }

        var holdsNothing = element.ValueKind is JsonValueKind.Null or JsonValueKind.Object or JsonValueKind.Array;
        var text = holdsNothing ? null : element.ToString();
        return key.Length == 0 ? [] : [new FileValue(key, text, element.ValueKind is JsonValueKind.Object)];
    }

    /// <summary>The library's sentence without the position that it appends.</summary>
    private static string Reason(JsonException error) =>
        error.Message.Split(" LineNumber:", StringSplitOptions.None)[0].Trim().TrimEnd('.');
}
