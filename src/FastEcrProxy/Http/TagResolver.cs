using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Http;

/// <summary>
/// Manifests by tag: which one a tag means may change at any moment, so the registry is asked, and its last answer
/// stands in while it cannot be.
/// </summary>
internal sealed class TagResolver(
    TagMap tags, PushedTags pushed, RepositoryManifests manifests, CacheOptions options, TimeProvider time) : IDisposable
{
    private readonly SingleFlight<ManifestQuestion, Fetched<ResolvedManifest>> _asking = new();

    /// <summary>The last answer while nobody need be asked.</summary>
    public StoredManifest? Fresh(ManifestQuestion question)
    {
        if (options.TagFreshness == TimeSpan.Zero || Entry(question) is not { } entry)
        {
            return null;
        }

        var age = time.GetUtcNow() - entry.CheckedAt;
        return age < options.TagFreshness && age >= TimeSpan.Zero ? manifests.TryGet(entry.Digest) : null;
    }

    /// <summary>The manifest that the tag means now for a client that accepts this.</summary>
    /// <param name="question">By tag, and not <see cref="Fresh"/>.</param>
    /// <param name="cancel">Ends this client's wait.</param>
    public async ValueTask<Fetched<ResolvedManifest>> AskAsync(ManifestQuestion question, CancellationToken cancel)
    {
        var answer = await _asking.RunAsync(question, stop => RunAsync(question, stop), cancel);
        return answer.Failure is { Error.IsTransient: true } && (PushedAtHand(question) ?? LastKnown(question)) is { } stale
            ? ResolvedManifest.Of(stale, CacheOutcome.Stale)
            : answer;
    }

    public void Dispose() => _asking.Dispose();

    private async Task<Fetched<ResolvedManifest>> RunAsync(ManifestQuestion question, CancellationToken stop)
    {
        if (Fresh(question) is { } fresh) // once more: others may have asked since
        {
            return ResolvedManifest.Of(fresh, CacheOutcome.Hit);
        }

        var isKnown = Entry(question) is { } entry && manifests.Contains(entry.Digest);
        if (isKnown || question.HeadOnly)
        {
            var (head, failure) = await manifests.HeadAsync(question, stop);
            if (head is null)
            {
                return Forgotten(question, failure!);
            }

            if (head.Digest is { } named && await NewerThanAsync(named, question, stop) is { } newerStill)
            {
                return newerStill;
            }

            if (FromHead(question, head.Digest, head.MediaType, head.Length) is { } answer)
            {
                return answer;
            }
        }

        // By tag, never by the digest just seen: ECR converts to what the client accepts by tag only.
        var (manifest, refusal) = await manifests.FetchAsync(question, stop);
        if (manifest is null)
        {
            return Forgotten(question, refusal!);
        }

        if (await NewerThanAsync(manifest.Digest, question, stop) is { } newer)
        {
            return newer;
        }

        Remember(question, manifest.Digest);
        return ResolvedManifest.Of(manifest, CacheOutcome.Miss);
    }

    /// <summary>What was pushed to the tag, where it is at hand and the client takes it as it is.</summary>
    private StoredManifest? PushedAtHand(ManifestQuestion question) =>
        pushed.Find(question.To.Key, question.Reference.Tag) is { } digest
        && manifests.TryGet(digest) is { } stored && question.Accept.Key.Allows(stored.MediaType)
            ? stored
            : null;

    /// <summary>
    /// What the tag is in the primary, where it has been pushed of late and a replica tells of something else; null where what was
    /// told counts. Who of the two is behind only the primary can say; while it cannot be asked, what was pushed counts.
    /// </summary>
    private async ValueTask<ResolvedManifest?> NewerThanAsync(Digest answered, ManifestQuestion question, CancellationToken stop)
    {
        var (key, tag) = (question.To.Key, question.Reference.Tag);
        if (question.To.Registries.All.Count == 1 || pushed.Find(key, tag) is not { } digest)
        {
            return null;
        }

        var (primary, failure) = answered == digest ? default : await manifests.HeadPrimaryAsync(question, stop);
        if (answered == digest || failure is { Error: FetchError.NotFound })
        {
            pushed.Forget(key, tag); // it has arrived, or has been deleted by another way
            return null;
        }

        if (primary?.Digest is { } now && now != digest)
        {
            pushed.Correct(key, tag, now);
            if (now == answered)
            {
                return null; // the primary itself had answered
            }
        }

        if (PushedAtHand(question) is { } stored)
        {
            Remember(question, stored.Digest);
            return ResolvedManifest.Of(stored, CacheOutcome.Hit);
        }

        var (manifest, _) = await manifests.FetchFromPrimaryAsync(question, stop); // in the form that the client accepts
        if (manifest is not null)
        {
            Remember(question, manifest.Digest);
        }

        return manifest is null ? null : ResolvedManifest.Of(manifest, CacheOutcome.Miss);
    }

    private TagEntry? Entry(ManifestQuestion question) =>
        tags.TryGet(question.To.Key, question.Reference.Tag, question.Accept.Key);

    /// <summary>The last answer while nobody can be asked.</summary>
    private StoredManifest? LastKnown(ManifestQuestion question) =>
        Entry(question) is { } entry && time.GetUtcNow() - entry.CheckedAt <= options.StaleIfError
            ? manifests.TryGet(entry.Digest) ?? OfOtherClients(question)
            : OfOtherClients(question);

    /// <summary>The answer where the registry's HEAD suffices: the manifest is on disk, or its bytes are not wanted.</summary>
    private ResolvedManifest? FromHead(ManifestQuestion question, Digest? digest, string mediaType, long? length)
    {
        if (digest is not { } named)
        {
            return null;
        }

        if (manifests.TryGet(named) is { } stored)
        {
            manifests.Learn(question.To.Key, stored);
            Remember(question, named);
            return ResolvedManifest.Of(stored, CacheOutcome.Hit);
        }

        if (!question.HeadOnly || length is not { } bytes)
        {
            return null;
        }

        Remember(question, named); // containerd asks so and then fetches by digest: the tag is known when that is stored
        return new ResolvedManifest(named, mediaType, bytes, CacheOutcome.Passed);
    }

    /// <summary>
    /// What a client with another <c>Accept</c> was last told, where this one accepts it too: docker's and podman's
    /// lists differ, and a fleet that upgrades in an outage still pulls.
    /// </summary>
    private StoredManifest? OfOtherClients(ManifestQuestion question)
    {
        var notOlderThan = time.GetUtcNow() - options.StaleIfError;
        return tags.Others(question.To.Key, question.Reference.Tag)
            .Where(entry => entry.CheckedAt >= notOlderThan)
            .Select(entry => manifests.TryGet(entry.Digest))
            .FirstOrDefault(manifest => manifest is not null && question.Accept.Key.Allows(manifest.MediaType));
    }

    private void Remember(ManifestQuestion question, Digest digest) =>
        tags.Put(question.To.Key, question.Reference.Tag, question.Accept.Key, new TagEntry(digest, time.GetUtcNow()));

    /// <summary>A tag that the registry does not have any more is not answered again when the registry is away.</summary>
    private FetchFailure Forgotten(ManifestQuestion question, FetchFailure failure)
    {
        if (failure.Error is FetchError.NotFound)
        {
            tags.Remove(question.To.Key, question.Reference.Tag);
            pushed.Forget(question.To.Key, question.Reference.Tag);
        }

        return failure;
    }
}
