using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Where the registry is dialled, and which ECR registry that is.</summary>
/// <param name="Root">Scheme, host and port.</param>
/// <param name="Host">Null for a registry that is none of ECR's.</param>
internal sealed record RegistryAddress(Uri Root, EcrHost? Host)
{
    private static readonly Uri EcrPublic = new("https://public.ecr.aws");

    /// <summary>Where questions go, or null where neither the options nor the credential name a registry.</summary>
    /// <param name="options">What the operator says.</param>
    /// <param name="named">The caller's own registry, where whoever gave the credential names one.</param>
    public static RegistryAddress? Of(UpstreamOptions options, Uri? named)
    {
        var own = named is not null && EcrHost.TryParse(named.IdnHost, out var parsed) ? parsed : null;
        var host = options.Host ?? own;
        var known = options.Auth.Kind is RegistryAuthKind.EcrPublic ? EcrPublic : options.Host?.Registry;
        return (options.Endpoint ?? known ?? named) is { } root
            ? new RegistryAddress(root, host)
            : null;
    }

    /// <summary>Whether an address is on the registry itself: same scheme, host and port.</summary>
    public bool Owns(Uri address) =>
        address.Scheme == Root.Scheme && address.Port == Root.Port
        && address.Host.Equals(Root.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>The registry as people name it, for log and client.</summary>
    public override string ToString() => Root.Authority;
}
