using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>Makes repositories that pushes find missing: each once, however many layers of an image ask at the same time.</summary>
/// <param name="create">Asks ECR. A repository that is there already is no failure.</param>
internal sealed class RepositoryCreator(Func<Repository, CancellationToken, Task<EcrFailure?>> create) : IDisposable
{
    private readonly SingleFlight<Repository, FetchFailure?> _making = new();

    /// <summary>Null: it is there now.</summary>
    public Task<FetchFailure?> MakeAsync(Repository repository, CancellationToken cancel) =>
        _making.RunAsync(repository, stop => CreateAsync(repository, stop), cancel);

    public void Dispose() => _making.Dispose();

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
