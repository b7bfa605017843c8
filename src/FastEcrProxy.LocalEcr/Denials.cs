namespace FastEcrProxy.LocalEcr;

/// <summary>Messages as ECR words them, the same at the registry and at the control plane.</summary>
internal static class Denials
{
    public const string InvalidRepositoryName =
        "Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression "
        + "'(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*''";

    public const string TooManyResults =
        "Invalid parameter at 'maxResults' failed to satisfy constraint: "
        + "'Member must have value less than or equal to 1000'";

    public static string NoRepository(string repository, string account) =>
        $"The repository with name '{repository}' does not exist in the registry with id '{account}'";

    public static string NotAllowed(LocalRegion region, string action, string resource) =>
        $"User: arn:{region.Partition}:sts::{region.AccountId}:assumed-role/local/session is not authorized to perform: "
        + $"ecr:{action} on resource: {resource} because no identity-based policy allows the ecr:{action} action";
}
