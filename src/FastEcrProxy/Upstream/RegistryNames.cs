using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Makes of a rule's pattern for a registry the one that a request names.</summary>
internal static class RegistryNames
{
    private const string DockerHub = "docker.io"; // what images are named after,
    private const string DockerHubRegistry = "registry-1.docker.io"; // and who answers for them

    /// <summary>The pattern's registry in another account: <c>{account}.dkr.ecr.eu-central-1.amazonaws.com</c>.</summary>
    public static RegistryOptions InAccount(RegistryOptions pattern, string account) => pattern with
    {
        Upstream = pattern.Upstream with { Host = pattern.Upstream.Host?.InAccount(account) },
    };

    /// <summary>The registry that containerd's <c>ns</c> names, with the pattern's time-outs and whatever else it says.</summary>
    public static RegistryOptions AtNamespace(RegistryOptions pattern, string ns)
    {
        if (EcrHost.TryParse(ns, out var host))
        {
            var auth = pattern.Upstream.Auth.Kind is RegistryAuthKind.Ecr ? pattern.Upstream.Auth : RegistryAuthOptions.Ecr;
            return pattern with { Upstream = pattern.Upstream with { Host = host, Auth = auth } };
        }

        var endpoint = pattern.Upstream.Endpoint ?? new Uri($"https://{(ns == DockerHub ? DockerHubRegistry : ns)}");
        return pattern with { Upstream = pattern.Upstream with { Endpoint = endpoint, Auth = AuthOf(pattern.Upstream.Auth) } };
    }

    /// <summary>An AWS token is for ECR alone; others are asked as strangers, with whatever token they hand out.</summary>
    private static RegistryAuthOptions AuthOf(RegistryAuthOptions pattern) =>
        pattern.Kind is RegistryAuthKind.Ecr ? new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer } : pattern;
}
