using System.Text.Json.Serialization;

namespace FastEcrProxy.Ecr;

/// <summary>CreateRepository's request. What is null is not sent, and left to ECR.</summary>
internal sealed record RepositoryRequest(
    string RepositoryName,
    string? RegistryId,
    string? ImageTagMutability,
    IReadOnlyList<TagFilter>? ImageTagMutabilityExclusionFilters,
    ImageScanning? ImageScanningConfiguration,
    RepositoryEncryption? EncryptionConfiguration,
    IReadOnlyList<ResourceTag>? Tags)
{
    /// <param name="name">As the registry is to call it.</param>
    /// <param name="account">Whose registry; null: the caller's own.</param>
    /// <param name="settings">What the operator says.</param>
    public static RepositoryRequest Of(string name, string? account, RepositoryCreation settings) => new(
        name,
        account,
        settings.TagMutability,
        settings.MutabilityExclusions is [] ? null : [.. settings.MutabilityExclusions.Select(static tags => new TagFilter(tags))],
        settings.ScanOnPush is { } scan ? new ImageScanning(scan) : null,
        settings.Encryption is { } encryption ? new RepositoryEncryption(encryption, settings.KmsKey) : null,
        settings.Tags.Count == 0 ? null : [.. settings.Tags.Select(static tag => new ResourceTag(tag.Key, tag.Value))]);
}

/// <summary>Which tags a repository's mutability does not hold for.</summary>
internal sealed record TagFilter(string Filter)
{
    /// <summary>The only kind of filter that there is.</summary>
    public string FilterType => "WILDCARD";
}

/// <summary>Whether images are scanned when they come.</summary>
internal sealed record ImageScanning(bool ScanOnPush);

/// <summary>How a repository's layers are encrypted.</summary>
internal sealed record RepositoryEncryption(string EncryptionType, string? KmsKey);

/// <summary>An AWS tag, in whose two names AWS writes capitals.</summary>
internal sealed record ResourceTag(
    [property: JsonPropertyName("Key")] string Key, [property: JsonPropertyName("Value")] string Value);

/// <summary>CreateRepository's answer: what is asked for is in it, and of no use here.</summary>
internal sealed record RepositoryAnswer;
