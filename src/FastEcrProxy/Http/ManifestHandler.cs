using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Manifests by tag and by digest. Steps 5 to 8 of a request, with manifests in place of files.</summary>
internal sealed class ManifestHandler(TagResolver tags, DigestResolver digests, Prefetch prefetch) : IRequestHandler
{
    private readonly AcceptHeaders _accepts = new();

    public ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        if (route.Reference.IsDigest && digests.Known(to.Key, route.Digest) is { } manifest)
        {
            return SendHitAsync(http, to, manifest, immutable: true, record);
        }

        var question = new ManifestQuestion(
            to,
            route.Reference,
            _accepts.Read(http.Request.Headers.Accept),
            HttpMethods.IsHead(http.Request.Method));
        return !route.Reference.IsDigest && tags.Fresh(question) is { } fresh
            ? SendHitAsync(http, to, fresh, immutable: false, record)
            : AskAsync(http, question, record);
    }

    /// <summary>Not async: a client that takes it at once, as nearly all do, costs no machine for waiting.</summary>
    private ValueTask<OciError?> SendHitAsync(
        HttpContext http, Destination to, StoredManifest manifest, bool immutable, RequestRecord record)
    {
        record.Outcome = CacheOutcome.Hit;
        var sending = SendAsync(http, to, manifest, immutable, record);
        return sending.IsCompletedSuccessfully ? default : OnceSentAsync(sending);
    }

    private static async ValueTask<OciError?> OnceSentAsync(ValueTask sending)
    {
        await sending;
        return null;
    }

    private async ValueTask<OciError?> AskAsync(HttpContext http, ManifestQuestion question, RequestRecord record)
    {
        var byDigest = question.Reference.IsDigest;
        var (answer, failure) = byDigest
            ? await digests.AskAsync(question, http.RequestAborted)
            : await tags.AskAsync(question, http.RequestAborted);
        if (answer is null)
        {
            return FetchFailures.ToError(failure!, RouteKind.Manifest);
        }

        record.Outcome = answer.Outcome;
        if (answer.Outcome is CacheOutcome.Stale)
        {
            if (CacheWishes.NothingStale(http.Request))
            {
                return CacheWishes.OnlyStale;
            }

            http.Response.Headers.Warning = "110 - \"Response is Stale\"";
        }

        if (answer.Stored is { } manifest)
        {
            await SendAsync(http, question.To, manifest, byDigest, record);
            return null;
        }

        HeaderRules.Content(http.Response, answer.Digest, byDigest);
        http.Response.ContentType = answer.MediaType;
        http.Response.ContentLength = answer.Length;
        return null;
    }

    private ValueTask SendAsync(HttpContext http, Destination to, StoredManifest manifest, bool immutable, RequestRecord record)
    {
        prefetch.Sent(http, to, manifest, record.Outcome);
        HeaderRules.Content(http.Response, manifest.Digest, manifest.EntityTag, immutable);
        return ReadyBody.SendAsync(http, manifest.MediaType, manifest.Bytes, record);
    }
}
