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
    private readonly SingleFlight<(Destination, Digest), Fetched<BlobHead>> _askingPrimary = new();

    /// <summary>Whether it is known that the repository has it, without asking anyone.</summary>
    public bool Knows(RepositoryKey repository, Digest digest) => links.Has(repository, digest);

    /// <summary>The registry has just sent it from this repository.</summary>
    public void Learn(RepositoryKey repository, Digest digest) => links.Add(repository, digest);

    /// <summary>Asks the registry, once for all who ask at the same time; a yes is remembered.</summary>
    public Task<Fetched<BlobHead>> AskAsync(Destination to, Digest digest, CancellationToken cancel) =>
        _asking.RunAsync((to, digest), stop => HeadAsync(to, digest, stop), cancel);

    /// <summary>The same of the primary alone, whatever others would say.</summary>
    public Task<Fetched<BlobHead>> AskPrimaryAsync(Destination to, Digest digest, CancellationToken cancel) =>
        _askingPrimary.RunAsync((to, digest), stop => HeadPrimaryAsync(to, digest, stop), cancel);

    public void Dispose()
    {
        _asking.Dispose();
        _askingPrimary.Dispose();
    }

    private async Task<Fetched<BlobHead>> HeadAsync(Destination to, Digest digest, CancellationToken stop) =>
        Learnt(to, digest, await to.Registries.HeadBlobAsync(to.There, digest, stop));

    private async Task<Fetched<BlobHead>> HeadPrimaryAsync(Destination to, Digest digest, CancellationToken stop) =>
        Learnt(to, digest, await to.Registries.AskPrimaryAsync(client => client.HeadBlobAsync(to.There, digest, stop)));

    private Fetched<BlobHead> Learnt(Destination to, Digest digest, Fetched<BlobHead> answer)
    {
        if (answer.Value is not null)
        {
            links.Add(to.Key, digest);
        }

        return answer;
    }
}
