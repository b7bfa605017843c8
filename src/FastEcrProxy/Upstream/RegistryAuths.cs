using FastEcrProxy.Ecr;
using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>Makes what a registry is shown from what the operator says about it.</summary>
/// <param name="tokens">The AWS tokens of all registries. Stays the caller's.</param>
/// <param name="metrics">The answers of token services are counted there.</param>
/// <param name="time">The clock of all tokens and time-outs.</param>
/// <param name="logger">Refused credentials.</param>
internal sealed class RegistryAuths(EcrTokens tokens, ProxyMetrics metrics, TimeProvider time, ILogger<RegistryClient> logger)
{
    // ECR Public knows one service and one scope, whatever is asked for.
    private const string PublicRealm = "/token/";
    private const string PublicService = "public.ecr.aws";
    private const string PublicScope = "aws";

    /// <summary>For one registry.</summary>
    /// <param name="options">Which registry, and what it is to be shown.</param>
    /// <param name="ecr">
    /// How AWS is asked for that registry's token: Region, another control plane, patience. What the registry's own name says of
    /// Region and endpoints, and what <see cref="UpstreamOptions.Auth"/> says of the identity, comes before it.
    /// </param>
    /// <param name="connections">How token services are reached. Stays the caller's.</param>
    public IRegistryAuth Of(UpstreamOptions options, EcrOptions ecr, Connections connections) => options.Auth.Kind switch
    {
        RegistryAuthKind.Basic => Password(options.Auth),
        RegistryAuthKind.Bearer => Bearer(options, options.Auth.User is null ? NoAuth.Instance : Password(options.Auth), null, connections),
        RegistryAuthKind.Ecr => new EcrAuth(TokenFor(options, ecr), time),
        RegistryAuthKind.EcrPublic => Bearer(
            options,
            options.Auth.Aws is null ? NoAuth.Instance : new EcrAuth(TokenFor(options, ecr), time),
            new TokenQuestion(new Uri(RegistryAddress.Of(options, null)!.Root, PublicRealm), PublicService, PublicScope),
            connections),
        _ => NoAuth.Instance,
    };

    /// <summary>How AWS is asked about one registry: what its own name says comes before what is said of AWS in general.</summary>
    public static EcrOptions EcrOf(UpstreamOptions options, EcrOptions ecr) => ecr with
    {
        Service = options.Auth.Kind is RegistryAuthKind.EcrPublic ? EcrService.Public : EcrService.Private,
        Identity = options.Auth.Aws ?? ecr.Identity,
        Region = options.Host?.Region ?? ecr.Region,
        Fips = options.Host?.Fips == true || ecr.Fips,
        DualStack = options.Host?.DualStack == true || ecr.DualStack,
    };

    private TokenRefresher TokenFor(UpstreamOptions options, EcrOptions ecr) => tokens.For(EcrOf(options, ecr));

    private BasicAuth Password(RegistryAuthOptions auth) => new(auth.User ?? "", new PasswordSource(auth, time));

    private BearerAuth Bearer(UpstreamOptions options, IRegistryAuth credentials, TokenQuestion? only, Connections connections)
    {
        var peer = new Peer(UpstreamPeer.Tokens, connections.Registry, options, metrics, time);
        return new BearerAuth(new TokenService(options, peer, credentials, time, logger), only, time);
    }
}
