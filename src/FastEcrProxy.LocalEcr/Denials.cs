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

    public static string NoUpload(string id, string repository, string account) =>
        $"The upload with id '{id}' could not be found in the repository with name '{repository}' in the registry with id '{account}'";

    /// <summary>What PutImage says of an image that is not whole.</summary>
    /// <param name="what"><c>Layers</c> or <c>Images</c>.</param>
    /// <param name="digests">What is missing.</param>
    /// <param name="repository">Where the image was to go.</param>
    /// <param name="account">The registry's.</param>
    public static string Incomplete(string what, IEnumerable<string> digests, string repository, string account) =>
        $"{what} with digests '[{string.Join(", ", digests)}]' required for pushing image into repository with name "
        + $"'{repository}' in the registry with id '{account}' do not exist";

    public static string ImmutableTag(string tag, string repository) =>
        $"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten because the "
        + "repository is immutable.";
}
