using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Clients;

/// <summary>An issuer whose tokens are believed, and what of them.</summary>
internal sealed record IssuerOptions
{
    /// <summary>What its callers' names and groups begin with: nobody else's do.</summary>
    public required string Name { get; init; }

    /// <summary>What its tokens call it, exactly.</summary>
    public required string Issuer { get; init; }

    /// <summary>Whom its tokens have to be for: one of these. A token for somebody else proves nothing here.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>What a caller is called by; null: the subject.</summary>
    public ClaimPath? NameClaim { get; init; }

    /// <summary>What says which groups a caller is in; null: in none.</summary>
    public ClaimPath? GroupsClaim { get; init; }

    /// <summary>What a token has to say besides; without, whoever has a token of the issuer is known.</summary>
    public IReadOnlyList<RequiredClaim> RequiredClaims { get; init; } = [];

    /// <summary>Where its keys are, for an issuer that cannot be asked; read anew when it changes.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Where its keys are to be had; null: where its own configuration says.</summary>
    public Uri? KeysUri { get; init; }

    /// <summary>CAs that are believed about it besides the system's.</summary>
    public X509Certificate2Collection? ExtraCertificates { get; init; }
}
