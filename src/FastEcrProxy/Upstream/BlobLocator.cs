using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Finds who has a blob: asks the registry, checks where it points, and asks there, without the token.</summary>
internal sealed class BlobLocator(RegistryExchange registry, LayerStore layers, RedirectPolicy policy)
{
    private const int RedirectsMax = 3; // ECR needs one; a registry behind a gateway two

    /// <summary>The answer of whoever has the blob, whatever its status, and the redirect that led there.</summary>
    /// <param name="repository">Where the blob is asked for.</param>
    /// <param name="digest">Which one.</param>
    /// <param name="known">Where an earlier redirect led, instead of asking the registry; or null.</param>
    /// <param name="range">The value of a <c>Range</c> header, or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<Fetched<LocatedBlob>> AskAsync(
        Repository repository, Digest digest, Uri? known, string? range, CancellationToken cancel)
    {
        var location = known;
        var target = known;
        for (var redirects = 0; ; redirects++)
        {
            var (answer, failure) = await AskAsync(target, repository, digest, range, cancel);
            if (answer is null)
            {
                return failure!;
            }

            if (!answer.IsRedirect)
            {
                return new LocatedBlob(answer, location);
            }

            (target, failure) = redirects < RedirectsMax
                ? policy.Check(answer.Header("Location"), answer.Address, registry.Address!)
                : new FetchFailure(FetchError.BadAnswer, $"{answer.Host} redirects for the {RedirectsMax + 1}th time.");
            answer.Dispose();
            if (target is null)
            {
                return failure!;
            }

            location ??= target;
        }
    }

    /// <summary>Where the registry sends its clients for the blob, checked like a redirect that is followed.</summary>
    public async ValueTask<Fetched<LayerAddress>> FindAsync(Repository repository, Digest digest, string what, CancellationToken cancel)
    {
        var (answer, failure) = await AskAsync(null, repository, digest, null, cancel);
        if (answer is null)
        {
            return failure!;
        }

        using (answer)
        {
            if (!answer.IsRedirect)
            {
                return answer.Status == 200 ? new LayerAddress(null) : answer.ToFailure(what);
            }

            var (target, notAllowed) = policy.Check(answer.Header("Location"), answer.Address, registry.Address!);
            return target is null ? notAllowed! : new LayerAddress(registry.Address!.Owns(target) ? null : target);
        }
    }

    /// <summary>A redirect within the registry is answered by the registry, which knows the token already.</summary>
    private ValueTask<Fetched<UpstreamAnswer>> AskAsync(
        Uri? target, Repository repository, Digest digest, string? range, CancellationToken cancel)
    {
        if (target is not null && !registry.Address!.Owns(target))
        {
            return layers.AskAsync(target, range, cancel);
        }

        var path = target?.PathAndQuery ?? $"/v2/{repository}/blobs/{digest}";
        return registry.AskAsync(new RegistryRequest(HttpMethod.Get, path, RegistryScope.Pull(repository)) { Range = range }, cancel);
    }
}
