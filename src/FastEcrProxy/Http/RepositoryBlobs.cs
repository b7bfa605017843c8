using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>
/// Whether a repository has a blob. One copy serves all repositories, so this is what keeps a client of one repository
/// from reading another's layers by digest.
/// </summary>
internal sealed class RepositoryBlobs(Links links, RegistryClient registry) : IDisposable
{
    private readonly SingleFlight<(Repository, Digest), Fetched<BlobHead>> _asking = new();

    /// <summary>Whether it is known that the repository has it, without asking anyone.</summary>
    public bool Knows(Repository repository, Digest digest) => links.Has(repository, digest);

    /// <summary>The registry has just sent it from this repository.</summary>
    public void Learn(Repository repository, Digest digest) => links.Add(repository, digest);

    /// <summary>Asks the registry, once for all who ask at the same time; a yes is remembered.</summary>
    public Task<Fetched<BlobHead>> AskAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        _asking.RunAsync((repository, digest), stop => HeadAsync(repository, digest, stop), cancel);

    public void Dispose() => _asking.Dispose();

    private async Task<Fetched<BlobHead>> HeadAsync(Repository repository, Digest digest, CancellationToken stop)
    {
        var answer = await registry.HeadBlobAsync(repository, digest, stop);
        if (answer.Value is not null)
        {
            links.Add(repository, digest);
        }

        return answer;
    }
}
