using System.Text.Json;
using System.Text.Json.Nodes;

namespace FastEcrProxy.Tests.Server;

/// <summary>As much of JSON Schema as the configuration's schema is made of.</summary>
internal static class SchemaCheck
{
    /// <summary>Where a value is not what the schema says; null where all of it is.</summary>
    public static string? Problem(JsonNode schema, JsonNode? value, string path)
    {
        if (schema["anyOf"] is JsonArray choices)
        {
            return choices.Any(choice => Problem(choice!, value, path) is null) ? null : path;
        }

        if (schema["enum"] is JsonArray words)
        {
            return words.Any(word => JsonNode.DeepEquals(word, value)) ? null : path;
        }

        var kinds = schema["type"] is JsonArray several ? several.Select(kind => (string?)kind) : [(string?)schema["type"]];
        if (!kinds.Contains(KindOf(value)))
        {
            return path;
        }

        var problems = value switch
        {
            JsonArray items => items.Select(item => Problem(schema["items"]!, item, path)),
            JsonObject parts => parts.Select(part => ProblemOfPart(schema, part.Key, part.Value, path)),
            _ => [],
        };
        return problems.FirstOrDefault(problem => problem is not null);
    }

    private static string? ProblemOfPart(JsonNode schema, string name, JsonNode? value, string path) =>
        (schema["properties"]?[name] ?? schema["additionalProperties"]) is JsonObject known
            ? Problem(known, value, $"{path}.{name}")
            : $"{path}.{name}";

    private static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "integer",
        _ => "boolean",
    };
}
