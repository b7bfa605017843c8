using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Manifests that clients push, and what they delete: done at the registry, then in the cache.</summary>
internal sealed class ChangeHandler(
    ClientBodies bodies, RepositoryManifests manifests, Links links, TagMap tags, PushedTags pushedTags, TimeProvider time,
    ProxyMetrics metrics)
    : IRequestHandler
{
    private const int ManifestBytesMax = 4 << 20; // ECR's limit (PutImage)

    public ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        record.Outcome = CacheOutcome.Passed;
        ClientBodies.LiftLimits(http);
        return (route.Kind, http.Request.Method) switch
        {
            (RouteKind.Manifest, "PUT") => PutAsync(http, route, to, record),
            (RouteKind.Manifest, _) => DeleteManifestAsync(http, route, to),
            _ => DeleteBlobAsync(http, route, to),
        };
    }

    private async ValueTask<OciError?> PutAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        var (bytes, unreadable) = await ReadAsync(http, record);
        if (bytes is not { } content)
        {
            return unreadable;
        }

        if (route.Reference.IsDigest && !route.Digest.IsOf(content.Span))
        {
            return OciError.DigestInvalid($"The manifest that was sent is not {route.Digest}.");
        }

        if (MoreTags(http.Request, route, out var more) is { } malformed)
        {
            return malformed;
        }

        var manifest = new RequestBytes(content, http.Request.ContentType);
        using var wait = new OutcomeWait(http, time);
        var (pushed, failure) = await to.Registries.Primary.Client.Changes.PutManifestAsync(
            to.There, route.Reference, more, manifest, wait.Token);
        if (pushed is null)
        {
            if (failure!.Error is FetchError.DigestMismatch)
            {
                metrics.DigestMismatch();
            }

            return FetchFailures.ToError(failure, RouteKind.Manifest);
        }

        Remember(to, pushed, manifest, route.Reference.IsDigest ? pushed.Tags : [route.Reference.Tag]);
        Answer(http.Response, route, pushed);
        return null;
    }

    /// <summary>The registry has taken it: what it names is in the repository, and its tags mean it from now on.</summary>
    private void Remember(Destination to, PushedManifest pushed, RequestBytes manifest, IReadOnlyList<string> newTags)
    {
        if (manifest.MediaType is { } type && pushed.Digest.IsOf(manifest.Content.Span))
        {
            manifests.Put(to.Key, new StoredManifest(pushed.Digest, type, manifest.Content));
        }

        foreach (var tag in newTags)
        {
            tags.Remove(to.Key, tag); // what it meant before, for whatever a client accepts
            pushedTags.Put(to.Key, tag, pushed.Digest);
        }
    }

    private static void Answer(HttpResponse response, OciRoute route, PushedManifest pushed)
    {
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v2/{route.Repository}/manifests/{pushed.Digest}";
        response.Headers[HeaderRules.ContentDigest] = pushed.Digest.ToString();
        if (pushed.Subject is { } subject && Digest.IsWellFormed(subject))
        {
            response.Headers["OCI-Subject"] = subject;
        }

        if (pushed.Tags.Count > 0)
        {
            response.Headers["OCI-Tag"] = pushed.Tags.ToArray();
        }
    }

    /// <summary>The manifest; neither where the client has left in the middle of it.</summary>
    private async ValueTask<(ReadOnlyMemory<byte>?, OciError?)> ReadAsync(HttpContext http, RequestRecord record)
    {
        try
        {
            var bytes = await bodies.ReadAsync(http.Request, ManifestBytesMax);
            record.Received(bytes?.Length ?? 0);
            return bytes is null
                ? (null, new OciError(413, "MANIFEST_INVALID", $"A manifest has at most {ManifestBytesMax} bytes."))
                : (bytes, null);
        }
        catch (TimeoutException silence)
        {
            metrics.ClientStalled();
            record.Aborted = true;
            record.Trouble = $"The client's body broke off: {silence.Message}.";
        }
        catch (IOException)
        {
            record.ClientLeft = true;
        }

        http.Abort();
        return default;
    }

    /// <summary>Tags that a manifest gets besides, where it is put under its digest: <c>?tag=1&amp;tag=latest</c>.</summary>
    private static OciError? MoreTags(HttpRequest request, OciRoute route, out IReadOnlyList<string> tags)
    {
        tags = [];
        if (!route.Reference.IsDigest || !request.QueryString.HasValue)
        {
            return null;
        }

        tags = [.. request.Query["tag"].OfType<string>()];
        return tags.All(static tag => Reference.TryParse(tag, out var reference) && !reference.IsDigest)
            ? null
            : OciError.TagInvalid("One of the tags in the query is none.");
    }

    private async ValueTask<OciError?> DeleteManifestAsync(HttpContext http, OciRoute route, Destination to)
    {
        using var wait = new OutcomeWait(http, time);
        var failure = await to.Registries.Primary.Client.Changes.DeleteManifestAsync(to.There, route.Reference, wait.Token);
        if (failure is null or { Error: FetchError.NotFound })
        {
            Forget(to, route.Reference);
        }

        return Deleted(http, failure, RouteKind.Manifest);
    }

    private void Forget(Destination to, Reference reference)
    {
        if (!reference.IsDigest)
        {
            tags.Remove(to.Key, reference.Tag);
            pushedTags.Forget(to.Key, reference.Tag);
            return;
        }

        links.Remove(to.Key, reference.Digest);
        tags.RemoveAll(to.Key, reference.Digest);
        pushedTags.ForgetAll(to.Key, reference.Digest);
    }

    private async ValueTask<OciError?> DeleteBlobAsync(HttpContext http, OciRoute route, Destination to)
    {
        using var wait = new OutcomeWait(http, time);
        var failure = await to.Registries.Primary.Client.Changes.DeleteBlobAsync(to.There, route.Digest, wait.Token);
        if (failure is null or { Error: FetchError.NotFound })
        {
            links.Remove(to.Key, route.Digest);
        }

        return Deleted(http, failure, RouteKind.Blob);
    }

    private static OciError? Deleted(HttpContext http, FetchFailure? failure, RouteKind kind)
    {
        if (failure is not null)
        {
            return FetchFailures.ToError(failure, kind);
        }

        http.Response.StatusCode = StatusCodes.Status202Accepted;
        return null;
    }
}
