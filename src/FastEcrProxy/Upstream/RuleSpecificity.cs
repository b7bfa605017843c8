namespace FastEcrProxy.Upstream;

/// <summary>How closely a rule fits a request that it takes: of several rules the one that says more about it wins.</summary>
/// <remarks>
/// <c>ns</c> before host before prefix. The last three decide only between rules that are alike in these, so that the order of
/// the table never does: two patterns of the same length, a prefix that happens to be the account of
/// <see cref="RuleShape.ByAccount"/>, and an allow-list of accounts beside a rule for all of them.
/// </remarks>
/// <param name="Namespace">Characters of the pattern that <c>ns</c> matched; more than any for the name itself, zero for none.</param>
/// <param name="Host">Whether the rule names the host.</param>
/// <param name="Prefix">Characters of the name that the rule spells out, an account among them.</param>
/// <param name="Star">Characters in front of the pattern's <c>*</c>.</param>
/// <param name="IsListed">Whether all of the prefix is spelled out, and no account merely recognised.</param>
/// <param name="HasAccounts">Whether the accounts are listed.</param>
internal readonly record struct RuleSpecificity(
    int Namespace, bool Host, int Prefix, int Star, bool IsListed, bool HasAccounts) : IComparable<RuleSpecificity>
{
    /// <summary>The <see cref="Namespace"/> of a name without <c>*</c>.</summary>
    public const int ExactNamespace = int.MaxValue;

    public int CompareTo(RuleSpecificity other) =>
        (Namespace, Host, Prefix, Star, IsListed, HasAccounts).CompareTo(
            (other.Namespace, other.Host, other.Prefix, other.Star, other.IsListed, other.HasAccounts));
}
