namespace FastEcrProxy.LocalEcr;

/// <summary>An AWS account, and the key that its calls are signed with. Known in every Region in which it has a registry.</summary>
public sealed record LocalAccount(string Id)
{
    public string AccessKeyId { get; init; } = $"AKIALOCAL{Id[^11..]}";

    /// <summary>It opens nothing but this stand-in.</summary>
    public string SecretAccessKey { get; init; } = $"local/secret+key/for+account/{Id}";

    /// <summary>When set, signed requests must carry it as <c>X-Amz-Security-Token</c>.</summary>
    public string? SessionToken { get; init; }

    /// <summary>Who else there is in it, besides the key above.</summary>
    public IReadOnlyList<LocalIdentity> Identities { get; init; } = [];

    /// <summary>Who of them has signed; null: whoever has the account's own key.</summary>
    internal LocalIdentity? ActingAs { get; init; }

    /// <summary>The account as its key or one of its identities' shows it; null where the key is none of theirs.</summary>
    internal LocalAccount? ByKey(string accessKeyId)
    {
        if (AccessKeyId == accessKeyId)
        {
            return this;
        }

        var identity = Identities.FirstOrDefault(known => known.AccessKeyId == accessKeyId);
        return identity is null
            ? null
            : this with { AccessKeyId = accessKeyId, SecretAccessKey = identity.SecretAccessKey, SessionToken = null, ActingAs = identity };
    }
}
