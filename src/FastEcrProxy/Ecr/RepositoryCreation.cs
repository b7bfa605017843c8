namespace FastEcrProxy.Ecr;

/// <summary>
/// How a repository is made that a push finds missing (CreateRepository). What is null is left to the registry's own settings.
/// </summary>
internal sealed record RepositoryCreation
{
    /// <summary><c>MUTABLE</c>, <c>IMMUTABLE</c>, <c>IMMUTABLE_WITH_EXCLUSION</c> or <c>MUTABLE_WITH_EXCLUSION</c>.</summary>
    public string? TagMutability { get; init; }

    /// <summary>Tags, with <c>*</c>, that the mutability does not hold for; at most five.</summary>
    public IReadOnlyList<string> MutabilityExclusions { get; init; } = [];

    public bool? ScanOnPush { get; init; }

    /// <summary><c>AES256</c>, <c>KMS</c> or <c>KMS_DSSE</c>; it cannot be changed later.</summary>
    public string? Encryption { get; init; }

    /// <summary>The key of the Region that the repository is made in.</summary>
    public string? KmsKey { get; init; }

    /// <summary>AWS resource tags; at most fifty.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
