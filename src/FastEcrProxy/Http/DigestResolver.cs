using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Http;

/// <summary>Manifests by digest: they never change, so what is on disk and known to be in the repository costs no question.</summary>
internal sealed class DigestResolver(RepositoryManifests manifests) : IDisposable
{
    private readonly SingleFlight<ManifestQuestion, Fetched<ResolvedManifest>> _asking = new();

    /// <summary>The manifest, from disk or from the registry.</summary>
    /// <param name="question">By digest.</param>
    /// <param name="accept">The client's own <c>Accept</c> values, as they came.</param>
    /// <param name="cancel">Ends this client's wait.</param>
    public async ValueTask<Fetched<ResolvedManifest>> ResolveAsync(
        ManifestQuestion question, IReadOnlyList<string> accept, CancellationToken cancel)
    {
        var stored = manifests.TryGet(question.Reference.Digest);
        return stored is not null && manifests.Knows(question.Repository, stored.Digest)
            ? ResolvedManifest.Of(stored, CacheOutcome.Hit)
            : await _asking.RunAsync(question, stop => AskAsync(question, accept, stop), cancel);
    }

    public void Dispose() => _asking.Dispose();

    private async Task<Fetched<ResolvedManifest>> AskAsync(
        ManifestQuestion question, IReadOnlyList<string> accept, CancellationToken stop)
    {
        var stored = manifests.TryGet(question.Reference.Digest); // once more: others may have fetched it since
        if (stored is not null && manifests.Knows(question.Repository, stored.Digest))
        {
            return ResolvedManifest.Of(stored, CacheOutcome.Hit);
        }

        if (stored is not null || question.HeadOnly)
        {
            var (head, failure) = await manifests.HeadAsync(question.Repository, question.Reference, accept, stop);
            if (head is null)
            {
                return failure!;
            }

            if (stored is not null)
            {
                manifests.Learn(question.Repository, stored);
                return ResolvedManifest.Of(stored, CacheOutcome.Hit);
            }

            if (head.Length is { } length)
            {
                return new ResolvedManifest(question.Reference.Digest, head.MediaType, length, CacheOutcome.Passed);
            }
        }

        var (manifest, refusal) = await manifests.FetchAsync(question.Repository, question.Reference, accept, stop);
        return manifest is null ? refusal! : ResolvedManifest.Of(manifest, CacheOutcome.Miss);
    }
}
