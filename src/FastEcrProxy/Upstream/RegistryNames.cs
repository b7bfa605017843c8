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
            var ecr = pattern.Ecr with { Region = host.Region, Fips = host.Fips, DualStack = host.DualStack };
            return pattern with { Upstream = pattern.Upstream with { Host = host, UsesEcrToken = true }, Ecr = ecr };
        }

        var endpoint = pattern.Upstream.Endpoint ?? new Uri($"https://{(ns == DockerHub ? DockerHubRegistry : ns)}");
        return pattern with { Upstream = pattern.Upstream with { Endpoint = endpoint, UsesEcrToken = false } };
    }
}
