using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

/// <summary>What people and editors read about the settings, written from the table of settings.</summary>
internal static class ConfigurationPages
{
    private const string SizePattern = @"^\s*\d+(\.\d+)?\s*([kKmMgGtT]([iI]?[bB]?)|[bB])?\s*$";
    private const string DurationPattern =
        @"^(?=.*\d)\s*(0|(\d+\s*[dD]\s*)?(\d+\s*[hH]\s*)?(\d+\s*[mM]\s*)?(\d+\s*[sS]\s*)?(\d+\s*[mM][sS]\s*)?)\s*$";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>One Markdown table per section.</summary>
    public static string Tables()
    {
        var page = new StringBuilder();
        foreach (var section in SettingTable.All.GroupBy(SectionOf))
        {
            page.Append($"### {section.Key}\n\n");
            page.Append("| key | default | meaning | flag | environment |\n|---|---|---|---|---|\n");
            foreach (var setting in section)
            {
                var bounds = setting.Bounds is { } range ? $" {range.Least} to {range.Most}." : "";
                var alias = setting.Alias is null ? "" : $", `{setting.Alias}`";
                var flag = setting.Flag is null ? "" : $"`{setting.Flag}`";
                page.Append($"| `{setting.Key}` | {Without(setting)} | {setting.Meaning}{Choices(setting)}{bounds} ");
                page.Append($"| {flag} | `{setting.Variable}`{alias} |\n");
            }

            page.Append('\n');
        }

        AppendFields(page, "Upstreams: every rule", RuleFields.All);
        AppendFields(page, "Upstreams: every one of a rule's Registries", RegistryFields.All);
        foreach (var list in ObjectLists.All)
        {
            AppendFields(page, $"{list.Key}: every one of them", list.Fields);
        }

        return page.ToString();
    }

    /// <summary>A JSON schema (2020-12) of the configuration file.</summary>
    public static string Schema()
    {
        var sections = new JsonObject { ["$schema"] = new JsonObject { ["type"] = "string" } };
        foreach (var section in SettingTable.All.GroupBy(SectionOf))
        {
            var properties = section.Select(setting => KeyValuePair.Create(NameOf(setting), (JsonNode?)SchemaOf(setting)));
            sections[section.Key] = ObjectOf(new JsonObject(properties));
        }

        foreach (var list in ObjectLists.All)
        {
            AddList(sections, list);
        }

        sections[RuleKeys.Rules] = RuleSchema.Of(SchemaOf, ObjectOf);
        var schema = ObjectOf(sections);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", "fast-ecr-proxy configuration");
        return schema.ToJsonString(Readable) + "\n";
    }

    /// <summary>Adds the list to the object of its section; there is one, since each section has settings of its own too.</summary>
    private static void AddList(JsonObject sections, ObjectList list)
    {
        var dot = list.Key.IndexOf('.');
        var section = sections[list.Key[..dot]]!["properties"]!.AsObject();
        section[list.Key[(dot + 1)..]] = new JsonObject
        {
            ["type"] = "array",
            ["description"] = list.Meaning,
            ["items"] = ObjectOf(new JsonObject(list.Fields.Select(field => KeyValuePair.Create(field.Key, (JsonNode?)SchemaOf(field))))),
        };
    }

    private static void AppendFields(StringBuilder page, string title, IEnumerable<Setting> fields)
    {
        page.Append($"### {title}\n\n| key | default | meaning |\n|---|---|---|\n");
        foreach (var field in fields)
        {
            page.Append($"| `{field.Key}` | {Without(field)} | {field.Meaning}{Choices(field)} |\n");
            page.Append(RuleSchema.RowAfter(field));
        }

        page.Append('\n');
    }

    private static string Without(Setting setting) => setting.Default is null ? setting.Otherwise! : $"`{setting.Default}`";

    private static string Choices(Setting setting)
    {
        var words = string.Join(", ", setting.Choices.Select(word => $"`{word}`"));
        return words.Length == 0 ? "" : $" One of {words}.";
    }

    private static JsonObject ObjectOf(JsonObject properties) => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = properties,
    };

    private static JsonObject SchemaOf(Setting setting)
    {
        var schema = FormOf(setting);
        schema["description"] = setting.Default is null ? $"{setting.Meaning} Without it: {setting.Otherwise}." : setting.Meaning;
        if (setting.Default is { } text)
        {
            schema["default"] = setting.Kind switch
            {
                SettingKind.Bool => bool.Parse(text),
                SettingKind.Number => int.Parse(text),
                SettingKind.List => new JsonArray([.. text.Split(',').Select(item => JsonValue.Create(item))]),
                _ => text,
            };
        }

        return schema;
    }

    private static JsonObject FormOf(Setting setting) => setting.Kind switch
    {
        SettingKind.Bool => new JsonObject { ["type"] = "boolean" },
        SettingKind.Number => new JsonObject
        {
            ["type"] = "integer", ["minimum"] = setting.Bounds!.Value.Least, ["maximum"] = setting.Bounds.Value.Most,
        },
        SettingKind.Size => new JsonObject
        {
            ["type"] = new JsonArray("string", "integer"), ["pattern"] = SizePattern, ["minimum"] = 0,
        },
        SettingKind.Duration => new JsonObject { ["type"] = "string", ["pattern"] = DurationPattern },
        SettingKind.Choice => new JsonObject
        {
            ["enum"] = new JsonArray([.. setting.Choices.Select(word => JsonValue.Create(word))]),
        },
        SettingKind.List => new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
        SettingKind.Address => new JsonObject
        {
            ["type"] = new JsonArray("string", "integer"), ["minimum"] = 0, ["maximum"] = ushort.MaxValue,
        },
        _ => new JsonObject { ["type"] = "string" },
    };

    private static string SectionOf(Setting setting) => setting.Key[..setting.Key.IndexOf('.')];

    private static string NameOf(Setting setting) => setting.Key[(setting.Key.IndexOf('.') + 1)..];
}
