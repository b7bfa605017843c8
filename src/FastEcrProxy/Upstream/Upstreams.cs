using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Where requests go: the operator's rules, and behind them the registries.</summary>
internal sealed class Upstreams(IReadOnlyList<RuleOptions> rules, RegistryPool pool)
{
    private readonly RuleTable _table = new(rules);

    /// <summary>The destination of a request, or why it has none. Nobody is asked.</summary>
    /// <param name="host">That the client asked for, without port.</param>
    /// <param name="ns">containerd's word for the registry that the image is named after; null where it says none.</param>
    /// <param name="repository">As the client calls it; none for the list of repositories.</param>
    public (Destination To, OciError? Error) Find(string host, string? ns, Repository repository)
    {
        if (_table.Find(host, ns, repository) is not { } match)
        {
            return (default, Nowhere(host, ns, repository));
        }

        var there = repository;
        if (repository != default && match.TryMap(out there) is { } unnameable)
        {
            return (default, unnameable);
        }

        var registries = RegistriesOf(match, ns);
        return (new Destination(match.Rule, registries, new RepositoryKey(registries.Scope, repository), there), null);
    }

    private Registries RegistriesOf(RuleMatchResult match, string? ns) => match.Rule.Shape switch
    {
        RuleShape.ByAccount => pool.Of(match.Rule, match.Account!, RegistryNames.InAccount),
        RuleShape.ByNamespace => pool.Of(match.Rule, ns!.ToLowerInvariant(), RegistryNames.AtNamespace), // names of hosts have no case
        _ => pool.Of(match.Rule),
    };

    private static OciError Nowhere(string host, string? ns, Repository repository) => OciError.NotFound(
        "NAME_UNKNOWN",
        ns is null
            ? $"No upstream is configured for {repository} at {host}."
            : "No upstream is configured for the registry that ns names.");
}
