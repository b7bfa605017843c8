using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>The rules of the configuration: finds for a request the one that takes it, if any does. Allocates nothing.</summary>
/// <remarks>
/// A request without <c>ns</c> is taken by rules without <see cref="RuleMatch.Namespaces"/>. A request with <c>ns</c> stands in
/// for the registry that it names: it is taken by rules that list that registry, and by rules without a list where the name is
/// the request's own host or one of the rule's registries, or where no rule of the table has a list (then nobody thought of
/// <c>ns</c>, and containerd sends it with every request to a mirror).
/// </remarks>
internal sealed class RuleTable
{
    private readonly TableRule[] _rules;
    private readonly bool _listsNamespaces;

    public RuleTable(IReadOnlyList<RuleOptions> rules)
    {
        _rules = [.. rules.Select(static rule => new TableRule(rule))];
        _listsNamespaces = rules.Any(static rule => rule.Match.Namespaces.Count > 0);
    }

    /// <summary>The most specific rule that takes the request, by <see cref="RuleSpecificity"/>; null where none does.</summary>
    /// <param name="host">What the client calls the proxy, without port.</param>
    /// <param name="ns">containerd's parameter as it was sent; null or empty where it was not.</param>
    /// <param name="repository">As the client calls it.</param>
    public RuleMatchResult? Find(ReadOnlySpan<char> host, string? ns, Repository repository)
    {
        TableRule? found = null;
        RuleSpecificity most = default;
        foreach (var rule in _rules)
        {
            if (rule.Fit(host, ns, repository.ToString(), _listsNamespaces) is { } fit && (found is null || fit.CompareTo(most) > 0))
            {
                (found, most) = (rule, fit);
            }
        }

        return found is null ? null : new RuleMatchResult(found.Options, repository);
    }

    /// <summary>Every rule that would take the request, the one that does first. For people who want to know why.</summary>
    /// <inheritdoc cref="Find" path="/param"/>
    public IReadOnlyList<RuleOptions> FindAll(string host, string? ns, Repository repository) =>
    [
        .. _rules.Select(rule => (rule.Options, Fit: rule.Fit(host, ns, repository.ToString(), _listsNamespaces)))
            .Where(static rule => rule.Fit is not null)
            .OrderByDescending(static rule => rule.Fit!.Value) // stable: of equals the first
            .Select(static rule => rule.Options),
    ];

    /// <summary>Whether there is a request that both rules fit equally well, so that only their order would decide.</summary>
    public static bool Tie(RuleOptions one, RuleOptions other) =>
        string.Equals(one.Match.Host, other.Match.Host, StringComparison.OrdinalIgnoreCase)
        && one.Match.Prefix == other.Match.Prefix
        && one.Shape is RuleShape.ByAccount == other.Shape is RuleShape.ByAccount
        && (one.Shape is not RuleShape.ByAccount || Share(one.Match.Accounts, other.Match.Accounts))
        && Share(one.Match.Namespaces, other.Match.Namespaces);

    private static bool Share(IReadOnlyList<string> one, IReadOnlyList<string> other) =>
        (one.Count == 0 && other.Count == 0) || one.Intersect(other, StringComparer.OrdinalIgnoreCase).Any();
}
