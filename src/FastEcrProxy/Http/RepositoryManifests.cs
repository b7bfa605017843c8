using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>Manifests at hand, which repositories have them, and what they say about which blobs those have.</summary>
internal sealed class RepositoryManifests(ManifestStore store, Links links)
{
    /// <summary>The manifest as stored, whichever repository it came from.</summary>
    public StoredManifest? TryGet(Digest digest) => store.TryGet(digest);

    /// <summary>Whether it is stored, whichever repository it came from.</summary>
    public bool Contains(Digest digest) => store.Contains(digest);

    /// <summary>Whether it is known that the repository has it, without asking anyone.</summary>
    public bool Knows(RepositoryKey repository, Digest digest) => links.Has(repository, digest);

    /// <summary>What the registry says of a manifest, bytes left out. Nothing is remembered.</summary>
    public ValueTask<Fetched<ManifestHead>> HeadAsync(ManifestQuestion question, CancellationToken cancel) =>
        question.To.Registries.HeadManifestAsync(question.To.There, question.Reference, question.Accept.Values, cancel);

    /// <summary>Fetches a manifest, stores it, and learns what the repository has by it.</summary>
    public async ValueTask<Fetched<StoredManifest>> FetchAsync(ManifestQuestion question, CancellationToken cancel)
    {
        var to = question.To;
        return Kept(to, await to.Registries.GetManifestAsync(to.There, question.Reference, question.Accept.Values, cancel));
    }

    /// <summary>The same from the primary alone, whatever replicas say.</summary>
    public async ValueTask<Fetched<StoredManifest>> FetchFromPrimaryAsync(ManifestQuestion question, CancellationToken cancel)
    {
        var to = question.To;
        return Kept(to, await to.Registries.AskPrimaryAsync(
            client => client.GetManifestAsync(to.There, question.Reference, question.Accept.Values, cancel)));
    }

    /// <summary>What the primary says of a manifest as it is stored there: whatever its type, so that nothing is converted.</summary>
    public ValueTask<Fetched<ManifestHead>> HeadPrimaryAsync(ManifestQuestion question, CancellationToken cancel) =>
        question.To.Registries.AskPrimaryAsync(
            client => client.HeadManifestAsync(question.To.There, question.Reference, MediaTypes.Manifests.ToArray(), cancel));

    /// <summary>The registry has just taken it for this repository.</summary>
    public void Put(RepositoryKey repository, StoredManifest manifest)
    {
        store.Put(manifest);
        Link(repository, manifest);
    }

    /// <summary>The registry says that the repository has this manifest: then it has what the manifest names.</summary>
    public void Learn(RepositoryKey repository, StoredManifest manifest)
    {
        if (!links.Has(repository, manifest.Digest))
        {
            Link(repository, manifest);
        }
    }

    private Fetched<StoredManifest> Kept(Destination to, Fetched<StoredManifest> fetched)
    {
        if (fetched.Value is { } manifest)
        {
            Put(to.Key, manifest);
        }

        return fetched;
    }

    private void Link(RepositoryKey repository, StoredManifest manifest) =>
        links.Add(repository, [manifest.Digest, .. ManifestReader.References(manifest.Bytes.Span)]);
}
