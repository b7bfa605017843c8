using System.Text.Json;

namespace FastEcrProxy.LocalEcr;

/// <summary>Settings of a repository as CreateRepository takes them and DescribeRepositories tells them.</summary>
internal static class RepositorySettingsJson
{
    private const int ExclusionsMax = 5; // CreateRepository: imageTagMutabilityExclusionFilters, max 5
    private const int ResourceTagsMax = 50;

    private static readonly string[] EncryptionTypes = ["AES256", "KMS", "KMS_DSSE"];

    private static readonly Dictionary<string, TagMutability> Mutabilities = new()
    {
        ["MUTABLE"] = TagMutability.Mutable,
        ["IMMUTABLE"] = TagMutability.Immutable,
        ["MUTABLE_WITH_EXCLUSION"] = TagMutability.MutableWithExclusion,
        ["IMMUTABLE_WITH_EXCLUSION"] = TagMutability.ImmutableWithExclusion,
    };

    /// <summary>The settings, or why they are refused.</summary>
    public static (RepositorySettings? Settings, ApiRefusal? Refusal) Read(JsonElement input)
    {
        var mutability = ApiInput.Text(input, "imageTagMutability") ?? "MUTABLE";
        var exclusions = ApiInput.Items(input, "imageTagMutabilityExclusionFilters")
            .Select(filter => ApiInput.Text(filter, "filter") ?? "").ToList();
        var encryption = ApiInput.Text(input, "encryptionConfiguration", "encryptionType") ?? "AES256";
        var tags = ApiInput.Items(input, "tags")
            .Select(tag => KeyValuePair.Create(ApiInput.Text(tag, "Key") ?? "", ApiInput.Text(tag, "Value") ?? "")).ToList();
        if (!Mutabilities.ContainsKey(mutability))
        {
            return Refused("imageTagMutability", $"Member must satisfy enum value set: [{string.Join(", ", Mutabilities.Keys)}]");
        }

        if (exclusions.Count > ExclusionsMax
            || exclusions.Count > 0 != mutability.EndsWith("_WITH_EXCLUSION", StringComparison.Ordinal))
        {
            return Refused(
                "imageTagMutabilityExclusionFilters", $"1 to {ExclusionsMax} filters with an exclusion, and none without");
        }

        if (!EncryptionTypes.Contains(encryption))
        {
            return Refused("encryptionType", $"Member must satisfy enum value set: [{string.Join(", ", EncryptionTypes)}]");
        }

        if (tags.Count > ResourceTagsMax)
        {
            return (null, new("TooManyTagsException", $"A repository can have {ResourceTagsMax} tags, not {tags.Count}."));
        }

        return (
            new()
            {
                TagMutability = Mutabilities[mutability],
                MutabilityExclusions = exclusions,
                ScanOnPush = input.TryGetProperty("imageScanningConfiguration", out var scanning)
                    && scanning.TryGetProperty("scanOnPush", out var scan) && scan.GetBoolean(),
                EncryptionType = encryption,
                KmsKey = ApiInput.Text(input, "encryptionConfiguration", "kmsKey"),
                ResourceTags = new Dictionary<string, string>(tags),
            },
            null);
    }

    /// <summary>What a description of the repository says of them: all but the tags, as at AWS.</summary>
    public static void Write(Utf8JsonWriter json, RepositorySettings settings)
    {
        json.WriteString("imageTagMutability", Mutabilities.First(known => known.Value == settings.TagMutability).Key);
        if (settings.MutabilityExclusions.Count > 0)
        {
            json.WriteStartArray("imageTagMutabilityExclusionFilters");
            foreach (var filter in settings.MutabilityExclusions)
            {
                json.WriteStartObject();
                json.WriteString("filterType", "WILDCARD");
                json.WriteString("filter", filter);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartObject("imageScanningConfiguration");
        json.WriteBoolean("scanOnPush", settings.ScanOnPush);
        json.WriteEndObject();
        json.WriteStartObject("encryptionConfiguration");
        json.WriteString("encryptionType", settings.EncryptionType);
        if (settings.KmsKey is { } key)
        {
            json.WriteString("kmsKey", key);
        }

        json.WriteEndObject();
    }

    private static (RepositorySettings? Settings, ApiRefusal? Refusal) Refused(string parameter, string constraint) => (
        null,
        new("InvalidParameterException", $"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"));
}
