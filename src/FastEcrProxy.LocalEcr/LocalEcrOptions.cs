using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.LocalEcr;

/// <summary>What a local ECR is made of. The defaults are one Region on free loopback ports, without TLS.</summary>
public sealed record LocalEcrOptions
{
    /// <summary>The account of every Region that names no other.</summary>
    public string AccountId { get; init; } = "123456789012";

    public string AccessKeyId { get; init; } = "AKIALOCALECR00000000";

    public string SecretAccessKey { get; init; } = "local/secret+key/for+the+stand+in/0000000";

    /// <summary>When set, signed requests must carry it as <c>X-Amz-Security-Token</c>.</summary>
    public string? SessionToken { get; init; }

    /// <summary>
    /// A registry each. Several accounts in one Region, or one account in several: one entry for each pair; the first is
    /// <see cref="LocalEcrServer.Main"/>.
    /// </summary>
    public IReadOnlyList<LocalRegionOptions> Regions { get; init; } = [new LocalRegionOptions("eu-west-1")];

    /// <summary>Registries besides that are no private ECR; see <see cref="LocalEcrServer.Registries"/>.</summary>
    public IReadOnlyList<LocalRegistryOptions> Registries { get; init; } = [];

    /// <summary>The account of these options, with its key.</summary>
    public LocalAccount Account => new(AccountId)
    {
        AccessKeyId = AccessKeyId,
        SecretAccessKey = SecretAccessKey,
        SessionToken = SessionToken,
        Identities = Identities,
    };

    /// <summary>Who else there is in that account, each with permissions of their own.</summary>
    public IReadOnlyList<LocalIdentity> Identities { get; init; } = [];

    /// <summary>How long a registry token is valid; ECR says 12 hours.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a layer URL is valid; ECR says one hour.</summary>
    public TimeSpan LayerUrlLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The clock of token and URL lifetimes.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The clock that signing dates are held against; apart, since signers use the machine's.</summary>
    public TimeProvider SigningClock { get; init; } = TimeProvider.System;

    /// <summary>Serves registry and layers over TLS; the control plane stays on plain HTTP.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>
    /// Where the layers origins listen. Another loopback address (127.0.0.2) makes a redirect change the host name
    /// as well as the port, as it does at ECR.
    /// </summary>
    public IPAddress LayersAddress { get; init; } = IPAddress.Loopback;

    /// <summary>
    /// How many bytes of a pushed blob are kept, in a file without a name. A larger one is hashed and counted, and cannot be
    /// pulled again.
    /// </summary>
    public long UploadKeptBytesMax { get; init; } = long.MaxValue;

    /// <summary>GetAuthorizationToken names the local registry as proxyEndpoint instead of the amazonaws.com host.</summary>
    public bool ProxyEndpointIsLocal { get; init; }
}
