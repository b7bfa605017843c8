using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>
/// The registries that a request is for. Those of a list are as the rule has them; of the other shapes the rule has patterns,
/// and the request fills in the account or the registry's name.
/// </summary>
internal static class RequestedRegistries
{
    /// <summary>In the rule's order; null where the request names no registry that could be dialled.</summary>
    /// <param name="match">The rule that takes the request.</param>
    /// <param name="ns">containerd's parameter, if it was sent.</param>
    public static IReadOnlyList<RegistryOptions>? Of(RuleMatchResult match, string? ns) => match.Rule.Shape switch
    {
        RuleShape.ByAccount when match.Account is { } account => OfAccount(match.Rule, account),
        RuleShape.ByNamespace => ns is not null && OfNamespace(match.Rule.Registries[0], ns) is { } registry
            ? [registry with { Upstream = registry.Upstream with { IsNamedByClient = IsNamedByClient(match.Rule, ns) } }]
            : null,
        _ => match.Rule.Registries,
    };

    /// <summary>The same Regions' registries of one account.</summary>
    /// <param name="rule">One that goes by account.</param>
    /// <param name="account">Twelve digits.</param>
    public static IReadOnlyList<RegistryOptions> OfAccount(RuleOptions rule, string account) =>
    [
        .. rule.Registries.Select(registry =>
            registry with { Upstream = registry.Upstream with { Host = registry.Upstream.Host?.OfAccount(account) } }),
    ];

    /// <summary>
    /// The registry that images are named after, called by its name. ECR's are shown their token, others what the pattern has
    /// for them, or what they send for; null where the name is none of a host.
    /// </summary>
    /// <param name="pattern">How registries are reached, whichever is named.</param>
    /// <param name="ns">The name.</param>
    public static RegistryOptions? OfNamespace(RegistryOptions pattern, string ns)
    {
        if (KnownRegistries.AddressOf(ns) is not { } address)
        {
            return null;
        }

        // Somebody else's server has no use for ECR's token.
        var isProxied = pattern.Upstream is { Endpoint: not null, Auth.Kind: not (RegistryAuthKind.Ecr or RegistryAuthKind.EcrPublic) };
        var host = !isProxied && EcrHost.TryParse(ns, out var parsed) ? parsed : null;
        var upstream = pattern.Upstream with
        {
            Host = host,
            Endpoint = pattern.Upstream.Endpoint ?? (host is null ? address : null),
            Auth = AuthOf(pattern.Upstream, host, ns),
        };
        var ecr = host is null
            ? pattern.Ecr
            : pattern.Ecr with
            {
                Region = host.Region, Fips = pattern.Ecr.Fips || host.Fips, DualStack = pattern.Ecr.DualStack || host.DualStack,
            };
        return new RegistryOptions(ns.ToLowerInvariant(), upstream, ecr);
    }

    /// <summary>Whether the operator has spelled out neither that name nor what is dialled instead.</summary>
    private static bool IsNamedByClient(RuleOptions rule, string ns) =>
        rule.Registries[0].Upstream.Endpoint is null && !rule.Match.Namespaces.Contains(ns, StringComparer.OrdinalIgnoreCase);

    /// <summary>Of the pattern, <see cref="RegistryAuthKind.Ecr"/> says: what fits the registry.</summary>
    private static RegistryAuthOptions AuthOf(UpstreamOptions pattern, EcrHost? host, string ns)
    {
        var (auth, isFitted) = (pattern.Auth, pattern.Auth.Kind is RegistryAuthKind.Ecr);
        if (host is not null)
        {
            return isFitted || pattern.Endpoint is not null ? auth : RegistryAuthOptions.Ecr;
        }

        var kind = isFitted ? FittingKind(ns) : auth.Kind;
        var fitted = isFitted ? new RegistryAuthOptions { Kind = kind, Aws = kind is RegistryAuthKind.EcrPublic ? auth.Aws : null } : auth;
        return kind is RegistryAuthKind.Bearer && KnownRegistries.IsDockerHub(ns)
            ? fitted with { AllowedTokenHosts = [.. fitted.AllowedTokenHosts, KnownRegistries.DockerHubTokens] }
            : fitted;
    }

    private static RegistryAuthKind FittingKind(string ns) =>
        KnownRegistries.IsEcrPublic(ns) ? RegistryAuthKind.EcrPublic : RegistryAuthKind.Bearer;
}
