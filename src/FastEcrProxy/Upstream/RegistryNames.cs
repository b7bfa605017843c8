using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Makes of a rule's pattern for a registry the one that a request names.</summary>
internal static class RegistryNames
{
    private const string DockerHub = "docker.io"; // what images are named after,
    private const string DockerHubRegistry = "registry-1.docker.io"; // who answers for them,
    private const string DockerHubTokens = "auth.docker.io"; // and who gives tokens
    private const string EcrPublic = "public.ecr.aws";

    /// <summary>The pattern's registry in another account: <c>{account}.dkr.ecr.eu-central-1.amazonaws.com</c>.</summary>
    public static RegistryOptions InAccount(RegistryOptions pattern, string account) => pattern with
    {
        Upstream = pattern.Upstream with { Host = pattern.Upstream.Host?.InAccount(account) },
    };

    /// <summary>The registry that containerd's <c>ns</c> names, with the pattern's time-outs and whatever else it says.</summary>
    public static RegistryOptions AtNamespace(RegistryOptions pattern, string ns)
    {
        var isProxied = pattern.Upstream is { Endpoint: not null, Auth.Kind: not (RegistryAuthKind.Ecr or RegistryAuthKind.EcrPublic) };
        if (EcrHost.TryParse(ns, out var host) && !isProxied) // somebody else's server has no use for ECR's token
        {
            var ecr = pattern.Ecr with { Region = host.Region, Fips = host.Fips, DualStack = host.DualStack };
            return pattern with { Upstream = pattern.Upstream with { Host = host, Auth = OfEcr(RegistryAuthKind.Ecr) }, Ecr = ecr };
        }

        var endpoint = pattern.Upstream.Endpoint ?? new Uri($"https://{(ns == DockerHub ? DockerHubRegistry : ns)}");
        var auth = ns == EcrPublic ? OfEcr(RegistryAuthKind.EcrPublic) : OfOthers(pattern.Upstream.Auth, ns);
        return pattern with { Upstream = pattern.Upstream with { Endpoint = endpoint, Auth = auth } };

        RegistryAuthOptions OfEcr(RegistryAuthKind kind) => new() { Kind = kind, Aws = pattern.Upstream.Auth.Aws };
    }

    /// <summary>
    /// As the pattern says; what it says of ECR is not for others. Those are asked as somebody without a name, who takes a token
    /// where they insist on one.
    /// </summary>
    private static RegistryAuthOptions OfOthers(RegistryAuthOptions auth, string ns)
    {
        var fitting = auth.Kind is RegistryAuthKind.Ecr or RegistryAuthKind.EcrPublic
            ? new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer, AllowedTokenHosts = auth.AllowedTokenHosts }
            : auth;
        return ns == DockerHub && fitting.Kind is RegistryAuthKind.Bearer
            ? fitting with { AllowedTokenHosts = [.. fitting.AllowedTokenHosts, DockerHubTokens] }
            : fitting;
    }

    /// <summary>An AWS token is for ECR alone; others are asked as strangers, with whatever token they hand out.</summary>
    private static RegistryAuthOptions AuthOf(RegistryAuthOptions pattern) =>
        pattern.Kind is RegistryAuthKind.Ecr ? new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer } : pattern;
}
