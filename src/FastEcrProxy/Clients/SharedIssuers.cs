namespace FastEcrProxy.Clients;

/// <summary>
/// Issuers that give tokens to everybody on earth: that one has signed a token says nothing, so the owner has to be asked for.
/// </summary>
internal static class SharedIssuers
{
    private static readonly string[] GitHubOwners =
        ["repository_owner", "repository_owner_id", "repository", "repository_id", "enterprise", "enterprise_id", "sub"];

    private static readonly string[] GitLabOwners = ["namespace_path", "namespace_id", "project_path", "project_id", "sub"];

    private static readonly Dictionary<string, (string[] Owners, string Example)> ByIssuer = new(StringComparer.Ordinal)
    {
        ["https://token.actions.githubusercontent.com"] = (GitHubOwners, "repository_owner=acme"),
        ["https://gitlab.com"] = (GitLabOwners, "namespace_path=acme"),
        ["https://accounts.google.com"] = (["hd", "email", "sub"], "hd=example.com"),
        ["https://agent.buildkite.com"] = (["organization_slug", "organization_id", "sub"], "organization_slug=acme"),
        ["https://app.terraform.io"] = (
            ["terraform_organization_id", "terraform_organization_name", "sub"], "terraform_organization_name=acme"),
    };

    /// <summary>What is missing in an issuer's required claims, as a sentence without its end; null: nothing.</summary>
    public static string? ProblemWith(string issuer, IReadOnlyList<RequiredClaim> required)
    {
        if (!ByIssuer.TryGetValue(issuer.TrimEnd('/'), out var shared)
            || required.GroupBy(static one => one.Claim.ToString()).Any(claim =>
                shared.Owners.Contains(claim.Key) && claim.All(static one => SaysWho(one.Value.Text)))) // any one of them is enough
        {
            return null;
        }

        return $"{issuer} gives tokens to everybody; say whose are meant, write [\"{shared.Example}\"] or another of "
            + $"{string.Join(", ", shared.Owners)}, with * after a slash at most";
    }

    /// <summary>acme* is acme-attacks, too, and repo:* is everybody.</summary>
    private static bool SaysWho(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        return star < 0 || pattern.AsSpan(0, star).Contains('/');
    }
}
