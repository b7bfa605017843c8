namespace FastEcrProxy.LocalEcr;

/// <summary>A registry token as GetAuthorizationToken hands it out.</summary>
/// <param name="Id">What <see cref="RequestEntry.TokenId"/> shows: not a secret.</param>
/// <param name="Password">The password of user <c>AWS</c>; over 4 KB, as real ones are.</param>
/// <param name="ExpiresAt">When the registry stops accepting it.</param>
public sealed record RegistryToken(string Id, string Password, DateTimeOffset ExpiresAt)
{
    /// <summary>Who got it. It is good in the registries of other accounts too, in the same Region.</summary>
    public required string AccountId { get; init; }

    /// <summary>Who of the account's identities got it; null: the account's own key, which may do everything.</summary>
    public LocalIdentity? Identity { get; init; }

    /// <summary>Base64 of <c>AWS:password</c>: what follows <c>Basic</c> in the Authorization header.</summary>
    public string Authorization { get; } = Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes("AWS:" + Password));

    public override string ToString() => $"token {Id} until {ExpiresAt:O}";
}
