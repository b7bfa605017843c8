using System.Text;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Manifests by tag and by digest. Steps 5 to 8 of a request, with manifests in place of files.</summary>
internal sealed class ManifestHandler(TagResolver tags, DigestResolver digests) : IRequestHandler
{
    public async ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, RequestRecord record)
    {
        // A media type is ASCII; anything else would break the request upstream and look like the registry's fault.
        string[] accept = [.. http.Request.Headers.Accept.OfType<string>().Where(static type => Ascii.IsValid(type))];
        var question = new ManifestQuestion(
            route.Repository, route.Reference, AcceptKey.From(accept), HttpMethods.IsHead(http.Request.Method));
        var (answer, failure) = route.Reference.IsDigest
            ? await digests.ResolveAsync(question, accept, http.RequestAborted)
            : await tags.ResolveAsync(question, accept, http.RequestAborted);
        if (answer is null)
        {
            return FetchFailures.ToError(failure!, RouteKind.Manifest);
        }

        record.Outcome = answer.Outcome;
        await SendAsync(http, answer, immutable: route.Reference.IsDigest, record);
        return null;
    }

    private static async ValueTask SendAsync(HttpContext http, ResolvedManifest answer, bool immutable, RequestRecord record)
    {
        HeaderRules.Content(http.Response, answer.Digest, immutable);
        if (answer.Outcome is CacheOutcome.Stale)
        {
            http.Response.Headers.Warning = "110 - \"Response is Stale\"";
        }

        if (answer.Bytes is { } bytes)
        {
            await ReadyBody.SendAsync(http, answer.MediaType, bytes, record);
            return;
        }

        http.Response.ContentType = answer.MediaType;
        http.Response.ContentLength = answer.Length;
    }
}
