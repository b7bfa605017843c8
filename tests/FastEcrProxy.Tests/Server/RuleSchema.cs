using System.Text.Json.Nodes;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

/// <summary>The part of the JSON schema that describes the list of rules.</summary>
internal static class RuleSchema
{
    private const string RegistriesMeaning = "Who is asked, in this order: hosts, or objects that say more. With ByNamespace one at most.";
    private const string TagsMeaning = "AWS tags of the repositories that are made; at most 50.";

    /// <summary>Of what is no single value there is no field; its row of the table comes after this one's.</summary>
    public static string RowAfter(Setting field) =>
        field == RuleFields.AddPrefix ? $"| `{RuleKeys.Registries}` | needed, except with ByNamespace | {RegistriesMeaning} |\n"
        : field == RuleFields.KmsKey ? $"| `{RuleKeys.RepositoryTags}` | none | {TagsMeaning} |\n"
        : "";

    public static JsonObject Of(Func<Setting, JsonObject> schemaOf, Func<JsonObject, JsonObject> objectOf)
    {
        var rule = Properties(RuleFields.All, schemaOf, objectOf);
        rule.Insert(rule.IndexOf(RuleFields.AddPrefix.Key) + 1, RuleKeys.Registries, new JsonObject
        {
            ["type"] = "array",
            ["description"] = RegistriesMeaning,
            ["items"] = EitherOf(
                new JsonObject { ["type"] = "string", ["description"] = RegistryFields.Host.Meaning },
                objectOf(Properties(RegistryFields.All, schemaOf, objectOf))),
        });
        return new JsonObject
        {
            ["type"] = "array",
            ["description"] = "Which requests go to which registries; instead of Upstream.Host and Upstream.Endpoint.",
            ["items"] = objectOf(rule),
        };
    }

    /// <summary>Keys with a dot are those of an object; one that is there without as well may be written either way.</summary>
    private static JsonObject Properties(
        IEnumerable<Setting> fields, Func<Setting, JsonObject> schemaOf, Func<JsonObject, JsonObject> objectOf)
    {
        var properties = new JsonObject();
        foreach (var section in fields.GroupBy(field => field.Key.Split('.')[0]))
        {
            var alone = section.FirstOrDefault(field => field.Key == section.Key);
            var parts = new JsonObject(section.Where(field => field != alone).Select(field =>
                KeyValuePair.Create(field.Key[(section.Key.Length + 1)..], (JsonNode?)schemaOf(field))));
            if (section.Key == RuleFields.CreateRepositories.Key)
            {
                parts["Tags"] = new JsonObject
                {
                    ["type"] = "object",
                    ["additionalProperties"] = new JsonObject { ["type"] = "string" },
                    ["description"] = TagsMeaning,
                };
            }

            properties[section.Key] = (alone, parts.Count) switch
            {
                (not null, 0) => schemaOf(alone),
                (not null, _) => EitherOf(schemaOf(alone), objectOf(parts)),
                _ => objectOf(parts),
            };
        }

        return properties;
    }

    private static JsonObject EitherOf(JsonObject one, JsonObject other) => new() { ["anyOf"] = new JsonArray(one, other) };
}
