namespace FastEcrProxy.Upstream;

/// <summary>An answer that may mean that the registry does not like what it was shown: 400, 401 or 403.</summary>
/// <param name="Registry">Who answered.</param>
/// <param name="Method">How it was asked; to HEAD nothing is explained.</param>
/// <param name="Status">The answer's.</param>
/// <param name="Error">What its body says.</param>
/// <param name="Challenge">Its <c>WWW-Authenticate</c>, or null.</param>
internal sealed record RegistryRefusal(RegistryAddress Registry, HttpMethod Method, int Status, ErrorBody Error, string? Challenge)
{
    /// <summary>Of an answer, or null where it has nothing to do with what was shown.</summary>
    public static RegistryRefusal? Of(UpstreamAnswer answer, HttpMethod method, RegistryAddress registry) =>
        answer.Status is 400 or 401 or 403
            ? new RegistryRefusal(registry, method, answer.Status, answer.Error, answer.Header("WWW-Authenticate"))
            : null;
}
