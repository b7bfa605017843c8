using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Where requests go: the operator's rules, and behind them the registries.</summary>
internal sealed class Upstreams(IReadOnlyList<RuleOptions> rules, RegistryPool pool)
{
    /// <summary>The destination of a request, or why it has none. Nobody is asked.</summary>
    /// <param name="host">That the client asked for, without port.</param>
    /// <param name="ns">containerd's word for the registry that the image is named after; null where it says none.</param>
    /// <param name="repository">As the client calls it.</param>
    public (Destination To, OciError? Error) Find(string host, string? ns, Repository repository)
    {
        var rule = rules[0];
        return (new Destination(rule, pool.Of(rule), new RepositoryKey(rule.Name, repository), repository), null);
    }
}
