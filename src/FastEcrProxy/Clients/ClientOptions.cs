using System.Net;

namespace FastEcrProxy.Clients;

/// <summary>Who may call, and what they may do.</summary>
internal sealed record ClientOptions
{
    /// <summary>How callers are known; the first way that knows one counts, and a network only for who shows no credentials.</summary>
    public IReadOnlyList<ClientWay> Ways { get; init; } = [ClientWay.None];

    /// <summary>Of <see cref="ClientWay.Networks"/>: who comes from one of them is let in.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Of <see cref="ClientWay.Basic"/>: the htpasswd file. Null: there are no users.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Of <see cref="ClientWay.Mtls"/>: what of a certificate its owner is called by.</summary>
    public CertificateName CertificateName { get; init; }

    /// <summary>Of <see cref="ClientWay.Jwt"/>: whose tokens are believed.</summary>
    public IReadOnlyList<IssuerOptions> Issuers { get; init; } = [];

    /// <summary>Of <see cref="ClientWay.Ecr"/>: how long ECR's word is believed.</summary>
    public EcrCallerOptions Ecr { get; init; } = new();

    /// <summary>Who may do what; empty: whoever is let in may do everything.</summary>
    public IReadOnlyList<AccessRule> Rules { get; init; } = [];

    /// <summary>Whether clients are sent for a Bearer token.</summary>
    public ChallengeKind Challenge { get; init; }

    /// <summary>Whether somebody may be known by what they send in the request.</summary>
    public bool TakesCredentials => Ways.Any(static way => way is ClientWay.Basic or ClientWay.Jwt or ClientWay.Ecr);

    /// <summary>What <see cref="Challenge"/> comes to: whether clients are sent for a token rather than asked for a password.</summary>
    public bool AsksForTokens => Challenge is ChallengeKind.Auto
        ? TakesCredentials && Ways.Any(static way => way is ClientWay.None or ClientWay.Networks)
        : Challenge is ChallengeKind.Bearer;

    /// <summary>
    /// How clients come to <c>/token</c>, without a slash at the end, where they cannot be told by what they asked for. Null: as they came.
    /// </summary>
    public string? TokenAddress { get; init; }

    /// <summary>What the proxies behind one name have in common, so that each takes the others' Bearer tokens. Null: it is alone.</summary>
    public string? TokenSecret { get; init; }

    /// <summary>Wrong credentials of one address within <see cref="FailureWindow"/> before none is looked at. 0: no limit.</summary>
    public int FailuresMost { get; init; } = 20;

    /// <summary>How long a wrong credential counts. Default 5 min.</summary>
    public TimeSpan FailureWindow { get; init; } = TimeSpan.FromMinutes(5);
}
