namespace FastEcrProxy.LocalEcr;

/// <summary>An AWS account, and the key that its calls are signed with. Known in every Region in which it has a registry.</summary>
public sealed record LocalAccount(string Id)
{
    public string AccessKeyId { get; init; } = $"AKIALOCAL{Id[^11..]}";

    /// <summary>It opens nothing but this stand-in.</summary>
    public string SecretAccessKey { get; init; } = $"local/secret+key/for+account/{Id}";

    /// <summary>When set, signed requests must carry it as <c>X-Amz-Security-Token</c>.</summary>
    public string? SessionToken { get; init; }
}
