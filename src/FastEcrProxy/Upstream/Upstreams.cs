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
    public (Destination To, OciError? Error) Find(ReadOnlySpan<char> host, string? ns, Repository repository)
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

        return RegistriesOf(match, ns) is { } registries
            ? (DestinationOf(match, registries, repository, there), null)
            : (default, Nowhere(host, ns, repository));
    }

    private static Destination DestinationOf(RuleMatchResult match, Registries registries, Repository repository, Repository there) =>
        new(match.Rule, registries, new RepositoryKey(registries.Scope, repository), there);

    private Registries? RegistriesOf(RuleMatchResult match, string? ns)
    {
        var name = match.Rule.Shape switch
        {
            RuleShape.ByAccount => match.Account,
            RuleShape.ByNamespace => ns?.ToLowerInvariant(), // names of hosts have no case
            _ => null,
        };
        return name is not null ? NamedRegistriesOf(match, name, ns) // apart: what it hands over costs an object
            : match.Rule.Shape is RuleShape.Listed ? pool.Of(match.Rule)
            : null;
    }

    private Registries? NamedRegistriesOf(RuleMatchResult match, string name, string? ns) =>
        pool.Of(match.Rule, name, () => RequestedRegistries.Of(match, ns));

    private static OciError Nowhere(ReadOnlySpan<char> host, string? ns, Repository repository) => OciError.NotFound(
        "NAME_UNKNOWN",
        ns is null
            ? $"No upstream is configured for {repository} at {host}."
            : "No upstream is configured for the registry that ns names.");
}
