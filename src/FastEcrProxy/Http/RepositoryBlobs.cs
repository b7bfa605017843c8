using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>
/// Whether a repository has a blob. One copy serves all repositories, so this is what keeps a client of one repository
/// from reading another's layers by digest.
/// </summary>
internal sealed class RepositoryBlobs(Links links) : IDisposable
{
    private readonly SingleFlight<(Destination, Digest), Fetched<BlobHead>> _asking = new();

    /// <summary>Whether it is known that the repository has it, without asking anyone.</summary>
    public bool Knows(RepositoryKey repository, Digest digest) => links.Has(repository, digest);

    /// <summary>The registry has just sent it from this repository.</summary>
    public void Learn(RepositoryKey repository, Digest digest) => links.Add(repository, digest);

    /// <summary>Asks the registry, once for all who ask at the same time; a yes is remembered.</summary>
    public Task<Fetched<BlobHead>> AskAsync(Destination to, Digest digest, CancellationToken cancel) =>
        _asking.RunAsync((to, digest), stop => HeadAsync(to, digest, stop), cancel);

    /// <summary>Asks the primary alone, whatever others would say.</summary>
    public async ValueTask<Fetched<BlobHead>> AskPrimaryAsync(Destination to, Digest digest, CancellationToken cancel)
    {
        var answer = await to.Registries.Primary.AskAsync(client => client.HeadBlobAsync(to.There, digest, cancel));
        if (answer.Value is not null)
        {
            links.Add(to.Key, digest);
        }

        return answer;
    }

    public void Dispose() => _asking.Dispose();

    private async Task<Fetched<BlobHead>> HeadAsync(Destination to, Digest digest, CancellationToken stop)
    {
        var answer = await to.Registries.HeadBlobAsync(to.There, digest, stop);
        if (answer.Value is not null)
        {
            links.Add(to.Key, digest);
        }

        return answer;
    }
}
