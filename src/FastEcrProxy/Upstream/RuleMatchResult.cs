using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>The rule that takes a request, and what it makes of the repository's name.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Asked">The repository as the client calls it.</param>
internal readonly record struct RuleMatchResult(RuleOptions Rule, Repository Asked)
{
    /// <summary>Of <see cref="RuleShape.ByAccount"/>: whose registries are asked. Null for the other shapes.</summary>
    public string? Account =>
        Rule.Shape is RuleShape.ByAccount && RepositoryPrefix.TrySplitAccount(Asked.ToString(), out var account, out _)
            ? account.ToString()
            : null;

    /// <summary>
    /// What the repository is called in the rule's registries: the account is cut, then the prefix, then the other one put in
    /// front. No two repositories of one rule (and one account) get the same name.
    /// </summary>
    /// <returns>Null, or why the name cannot be one there.</returns>
    public OciError? TryMap(out Repository there)
    {
        there = Asked;
        if (Rule is { Shape: not RuleShape.ByAccount, StripPrefix: null, AddPrefix: null })
        {
            return null;
        }

        ReadOnlySpan<char> name = Asked.ToString();
        if (Rule.Shape is RuleShape.ByAccount && RepositoryPrefix.TrySplitAccount(name, out _, out var afterAccount))
        {
            name = afterAccount;
        }

        if (Rule.StripPrefix is { } strip)
        {
            if (!RepositoryPrefix.Begins(name, strip) || name.Length == strip.Length)
            {
                return OciError.NotFound("NAME_UNKNOWN", $"Repositories have names like {strip}/name here.");
            }

            name = name[(strip.Length + 1)..];
        }

        var mapped = Rule.AddPrefix is { } add ? $"{add}/{name}" : name.ToString();
        return Repository.TryParse(mapped, out there)
            ? null
            : OciError.NameInvalid(
                $"The repository's name would have {mapped.Length} characters in the registry; {Repository.LengthMax} are allowed.");
    }
}
