namespace FastEcrProxy.Upstream;

/// <summary>What a request is shown with.</summary>
/// <param name="Header">The value of an <c>Authorization</c> header: a secret. Null: nothing is shown.</param>
internal sealed record RegistryCredential(string? Header)
{
    public static RegistryCredential Nothing { get; } = new((string?)null);

    /// <summary>The caller's own registry, where whoever gave the credential names one.</summary>
    public Uri? Registry { get; init; }

    /// <summary>When this process got it, by its own clock.</summary>
    public DateTimeOffset IssuedAt { get; init; }

    /// <summary>When it is over, where whoever gave it has said so; null: not soon.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public override string ToString() => Header is null ? "nothing" : "a credential"; // the secret stays out of logs
}
