using System.Buffers;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Server;

/// <summary>The settings that say how repositories are made which a push finds missing.</summary>
/// <remarks>Limits: ECR's API reference, CreateRepository and Tag.</remarks>
internal static class RepositoryCreationSettings
{
    private const int ExclusionsMax = 5;
    private const int ExclusionLengthMax = 128;
    private const int TagsMax = 50;
    private const int TagNameLengthMax = 128;
    private const int TagValueLengthMax = 256;
    private const int KmsKeyLengthMax = 2048;
    private const string WithExclusion = "_WITH_EXCLUSION";

    private static readonly SearchValues<char> ExclusionCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._*-");

    /// <summary>Null where they are not made.</summary>
    public static RepositoryCreation? Read(SettingValues values, string rule)
    {
        var isSwitched = values.Given(RuleFields.CreateRepositories.At(rule));
        var isSpelledOut = values.Below($"{rule}.{RuleFields.CreateRepositories.Key}").Count > 0;
        if (!(isSwitched ?? isSpelledOut))
        {
            return null;
        }

        return new RepositoryCreation
        {
            TagMutability = values.Get(RuleFields.TagMutability.At(rule)),
            MutabilityExclusions = ReadExclusions(values, rule),
            ScanOnPush = values.Given(RuleFields.ScanOnPush.At(rule)),
            Encryption = values.Get(RuleFields.Encryption.At(rule)),
            KmsKey = ReadKmsKey(values, rule),
            Tags = ReadTags(values, rule),
        };
    }

    private static IReadOnlyList<string> ReadExclusions(SettingValues values, string rule)
    {
        var setting = RuleFields.MutabilityExclusions.At(rule);
        var exclusions = values.Items(setting, text =>
            text.Length <= ExclusionLengthMax && !text.AsSpan().ContainsAnyExcept(ExclusionCharacters)
                ? null
                : $"{text} is no pattern of tags; write dev-* or latest");
        var mutability = RuleFields.TagMutability.At(rule);
        var excludes = values.Get(mutability)?.EndsWith(WithExclusion, StringComparison.Ordinal) == true;
        if (exclusions.Count > ExclusionsMax)
        {
            values.Refuse(setting, $"has {exclusions.Count} patterns; ECR takes {ExclusionsMax}");
        }
        else if (exclusions.Count > 0 && !excludes && !values.IsRefused(mutability))
        {
            values.Refuse(setting, "has no use without TagMutability IMMUTABLE_WITH_EXCLUSION or MUTABLE_WITH_EXCLUSION");
        }
        else if (excludes && !values.IsGiven(setting))
        {
            values.Refuse(setting, "is missing; TagMutability says that there are exclusions");
        }

        return exclusions;
    }

    private static string? ReadKmsKey(SettingValues values, string rule)
    {
        var setting = RuleFields.KmsKey.At(rule);
        var key = values.Get(setting);
        if (key is { Length: > KmsKeyLengthMax })
        {
            values.Refuse(setting, $"has {key.Length} characters; AWS allows {KmsKeyLengthMax}");
        }

        var usesKms = values.Get(RuleFields.Encryption.At(rule)) is "KMS" or "KMS_DSSE";
        if (key is not null && !usesKms && !values.IsRefused(RuleFields.Encryption.At(rule)))
        {
            values.Refuse(setting, "has no use without Encryption KMS or KMS_DSSE");
        }

        return key;
    }

    private static Dictionary<string, string> ReadTags(SettingValues values, string rule)
    {
        var section = $"{rule}.{RuleKeys.RepositoryTags}";
        var tags = values.Below(section).ToDictionary(tag => tag.Name, tag => tag.Text, StringComparer.Ordinal);
        foreach (var (name, text) in tags)
        {
            var key = $"{section}.{name}";
            if (name.Length > TagNameLengthMax || name.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                values.Refuse(key, $"is no name for a tag; write up to {TagNameLengthMax} characters, not beginning with aws:");
            }

            if (text.Length > TagValueLengthMax)
            {
                values.Refuse(key, $"has {text.Length} characters; AWS allows {TagValueLengthMax}");
            }
        }

        if (tags.Count > TagsMax)
        {
            values.Refuse(section, $"has {tags.Count} tags; AWS allows {TagsMax}");
        }

        return tags;
    }
}
