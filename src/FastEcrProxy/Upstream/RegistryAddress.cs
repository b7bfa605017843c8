using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Where the registry is dialled, and which ECR registry that is.</summary>
/// <param name="Root">Scheme, host and port.</param>
/// <param name="Host">Null for a registry that is none of ECR's.</param>
internal sealed record RegistryAddress(Uri Root, EcrHost? Host)
{
    /// <summary>The address of an answer, or null where neither the options nor the token name a registry.</summary>
    public static RegistryAddress? Of(UpstreamOptions options, EcrToken? token)
    {
        var own = token?.Registry is { } registry && EcrHost.TryParse(registry.IdnHost, out var parsed) ? parsed : null;
        var host = options.Host ?? own;
        return (options.Endpoint ?? options.Host?.Registry ?? token?.Registry) is { } root
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
