using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>What is put into one registry and deleted there by name. Every failure is a value, and is logged once, here.</summary>
/// <remarks>
/// Each is asked once: an answer that got lost may have been a yes. With another token it may be repeated: nobody had looked.
/// </remarks>
internal sealed class RegistryChanges(RegistryExchange exchange, ILogger logger)
{
    // Its digest is that of the text without the signatures in it, which only the registry takes off.
    private const string SignedSchema1 = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    // ECR's word for a tag that is there and may not be moved.
    private const string TagTaken = "TAG_INVALID";

    /// <summary>Puts a manifest under a tag or its digest.</summary>
    /// <param name="repository">Where it belongs.</param>
    /// <param name="reference">Tag or digest. A digest is the manifest's own.</param>
    /// <param name="tags">More tags for it, where it is put under its digest.</param>
    /// <param name="manifest">Its exact bytes.</param>
    /// <param name="cancel">Ends the exchange.</param>
    public async ValueTask<Fetched<PushedManifest>> PutManifestAsync(
        Repository repository, Reference reference, IReadOnlyList<string> tags, RequestBytes manifest, CancellationToken cancel)
    {
        var what = RegistryClient.Name(repository, reference);
        var query = QueryText.Of([.. tags.Select(static tag => ("tag", (string?)tag))]);
        var path = RegistryClient.ManifestPath(repository, reference) + query;
        var request = Once(HttpMethod.Put, path, RegistryScope.Push(repository)) with { Bytes = manifest };
        var (answer, failure) = await exchange.AskAsync(request, cancel);
        using (answer)
        {
            if (answer is { Status: >= 200 and < 300 })
            {
                return Reported(Taken(answer, reference, manifest, what), what);
            }

            failure ??= answer!.ToFailure(what);
            var mayHaveBeenTaken = answer is null || answer.Error.Code == TagTaken;
            return mayHaveBeenTaken && await IsThereAsync(repository, reference, manifest, cancel) is { } there
                ? new PushedManifest(there)
                : Reported<PushedManifest>(failure, what);
        }
    }

    /// <summary>Deletes a manifest with its tags, or a tag. Null: done.</summary>
    public ValueTask<FetchFailure?> DeleteManifestAsync(Repository repository, Reference reference, CancellationToken cancel) =>
        DeleteAsync(
            repository, RegistryClient.ManifestPath(repository, reference), RegistryClient.Name(repository, reference), cancel);

    /// <summary>Deletes a layer. Null: done.</summary>
    public ValueTask<FetchFailure?> DeleteBlobAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        DeleteAsync(repository, $"/v2/{repository}/blobs/{digest}", $"blob {repository}@{digest}", cancel);

    private static RegistryRequest Once(HttpMethod method, string pathAndQuery, RegistryScope scope) =>
        new(method, pathAndQuery, scope) { IsOnce = true, BodyBytesMax = ErrorBody.BytesMax };

    private static Fetched<PushedManifest> Taken(UpstreamAnswer answer, Reference reference, RequestBytes manifest, string what)
    {
        Digest? named = Digest.TryParse(answer.Header("Docker-Content-Digest"), out var digest) ? digest : null;
        if (named is { } name && manifest.MediaType != SignedSchema1 && !name.IsOf(manifest.Content.Span))
        {
            return new FetchFailure(
                FetchError.DigestMismatch, $"{answer.Host} took {what} and calls it {name}, which it is not: look at what it has there.");
        }

        return new PushedManifest(named ?? DigestOf(reference, manifest))
        {
            Subject = answer.Header("OCI-Subject"),
            Tags = answer.Message.Headers.NonValidated.TryGetValues("OCI-Tag", out var tags) ? [.. tags] : [],
        };
    }

    /// <summary>
    /// Whether the registry has this manifest under this name after all: its answer got lost, and with a tag that may not be
    /// moved a second try is refused though the first one did it.
    /// </summary>
    private async ValueTask<Digest?> IsThereAsync(
        Repository repository, Reference reference, RequestBytes manifest, CancellationToken cancel)
    {
        var path = RegistryClient.ManifestPath(repository, reference);
        var request = new RegistryRequest(HttpMethod.Head, path, RegistryScope.Pull(repository))
        {
            Accept = manifest.MediaType is { } type ? [type] : [],
        };
        var (answer, _) = await exchange.AskAsync(request, cancel);
        using (answer)
        {
            return answer is { Status: 200 } && Digest.TryParse(answer.Header("Docker-Content-Digest"), out var named)
                && named.IsOf(manifest.Content.Span)
                ? named
                : null;
        }
    }

    private static Digest DigestOf(Reference reference, RequestBytes manifest) =>
        reference.IsDigest ? reference.Digest : Digest.Of(manifest.Content.Span);

    private async ValueTask<FetchFailure?> DeleteAsync(Repository repository, string path, string what, CancellationToken cancel)
    {
        var (answer, failure) = await exchange.AskAsync(Once(HttpMethod.Delete, path, RegistryScope.Delete(repository)), cancel);
        using (answer)
        {
            return answer is { Status: >= 200 and < 300 }
                ? null
                : UpstreamLog.Report(logger, what, answer?.ToFailure(what) ?? failure!);
        }
    }

    private Fetched<T> Reported<T>(Fetched<T> fetched, string what)
        where T : class =>
        fetched.Failure is { } failure ? UpstreamLog.Report(logger, what, failure) : fetched;
}
