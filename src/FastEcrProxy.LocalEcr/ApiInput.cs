using System.Globalization;
using System.Text.Json;

namespace FastEcrProxy.LocalEcr;

/// <summary>What calls of the AWS API have in common in their JSON: names, lists, pages.</summary>
internal static class ApiInput
{
    public const int LargestBatch = 100;

    private const int DefaultPage = 100;
    private const int LargestPage = 1000;

    /// <summary>The text at a path of members; null when there is none.</summary>
    public static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.GetString();
    }

    public static List<string> Strings(JsonElement input, string name) =>
        [.. Items(input, name).Select(item => item.GetString() ?? "")];

    public static IEnumerable<JsonElement> Items(JsonElement input, string name) =>
        input.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];

    /// <summary>Where a list goes on.</summary>
    public static int Start(JsonElement input) =>
        int.TryParse(Text(input, "nextToken"), CultureInfo.InvariantCulture, out var start) ? start : 0;

    /// <summary>How many are wanted; null when that is not allowed.</summary>
    public static int? PageSize(JsonElement input) =>
        !input.TryGetProperty("maxResults", out var asked) ? DefaultPage
        : asked.TryGetInt32(out var size) && size is >= 1 and <= LargestPage ? size
        : null;

    public static void WriteNext(Utf8JsonWriter json, int next, int count)
    {
        if (next < count)
        {
            json.WriteString("nextToken", next.ToString(CultureInfo.InvariantCulture));
        }
    }
}
