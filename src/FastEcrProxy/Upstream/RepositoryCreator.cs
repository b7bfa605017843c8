using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>Makes repositories that pushes find missing: each once, however many layers of an image ask at the same time.</summary>
/// <param name="create">Asks ECR. A repository that is there already is no failure.</param>
internal sealed class RepositoryCreator(Func<Repository, CancellationToken, Task<EcrFailure?>> create)
{
    private readonly SingleFlight<Repository, FetchFailure?> _making = new(); // each run has a time-out of its own

    /// <summary>For a rule's primary; null where nothing is made there: the rule does not say so, or it is none of ECR's.</summary>
    public static RepositoryCreator? For(RuleOptions rule, RegistryOptions primary)
    {
        if (rule.CreateRepositories is not { } settings || !primary.Upstream.UsesEcrToken)
        {
            return null;
        }

        var repositories = new EcrRepositories(RegistryAuths.EcrOf(primary.Upstream, primary.Ecr));
        return new RepositoryCreator((repository, cancel) =>
            repositories.CreateAsync(repository.ToString(), primary.Upstream.Host?.Account, settings, cancel));
    }

    /// <summary>Null: it is there now.</summary>
    public Task<FetchFailure?> MakeAsync(Repository repository, CancellationToken cancel) =>
        _making.RunAsync(repository, stop => CreateAsync(repository, stop), cancel);

    private async Task<FetchFailure?> CreateAsync(Repository repository, CancellationToken stop)
    {
        if (await create(repository, stop) is not { } failure)
        {
            return null;
        }

        var error = failure.Error switch
        {
            EcrError.Throttled => FetchError.Throttled,
            EcrError.Unreachable => FetchError.Unreachable,
            EcrError.BadAnswer => FetchError.BadAnswer,
            _ => FetchError.Refused,
        };
        return new FetchFailure(error, $"Repository {repository} does not exist and could not be made: {failure.Reason}.");
    }
}
