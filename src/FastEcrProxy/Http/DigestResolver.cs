using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Http;

/// <summary>Manifests by digest: they never change, so what is on disk and known to be in the repository costs no question.</summary>
internal sealed class DigestResolver(RepositoryManifests manifests) : IDisposable
{
    private readonly SingleFlight<ManifestQuestion, Fetched<ResolvedManifest>> _asking = new();

    /// <summary>The manifest where nobody need be asked: it is at hand, and known in this repository.</summary>
    public StoredManifest? Known(RepositoryKey repository, Digest digest) =>
        manifests.TryGet(digest) is { } stored && manifests.Knows(repository, digest) ? stored : null;

    /// <summary>The manifest after all, with the registry's help.</summary>
    /// <param name="question">By digest, and not <see cref="Known"/>.</param>
    /// <param name="cancel">Ends this client's wait.</param>
    public Task<Fetched<ResolvedManifest>> AskAsync(ManifestQuestion question, CancellationToken cancel) =>
        _asking.RunAsync(question, stop => RunAsync(question, stop), cancel);

    public void Dispose() => _asking.Dispose();

    private async Task<Fetched<ResolvedManifest>> RunAsync(ManifestQuestion question, CancellationToken stop)
    {
        var stored = manifests.TryGet(question.Reference.Digest); // once more: others may have fetched it since
        if (stored is not null && manifests.Knows(question.To.Key, stored.Digest))
        {
            return ResolvedManifest.Of(stored, CacheOutcome.Hit);
        }

        if (stored is not null || question.HeadOnly)
        {
            var (head, failure) = await manifests.HeadAsync(question, stop);
            if (head is null)
            {
                return failure!;
            }

            if (stored is not null)
            {
                manifests.Learn(question.To.Key, stored);
                return ResolvedManifest.Of(stored, CacheOutcome.Hit);
            }

            if (head.Length is { } length)
            {
                return new ResolvedManifest(question.Reference.Digest, head.MediaType, length, CacheOutcome.Passed);
            }
        }

        var (manifest, refusal) = await manifests.FetchAsync(question, stop);
        return manifest is null ? refusal! : ResolvedManifest.Of(manifest, CacheOutcome.Miss);
    }
}
