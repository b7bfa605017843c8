using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>What the headers of answers have in common, and what they never have: a challenge of the registry's, a charset.</summary>
internal static class HeaderRules
{
    private const string ApiVersion = "Docker-Distribution-Api-Version";
    public const string ContentDigest = "Docker-Content-Digest";

    // A digest names the same bytes for ever; a year is what HTTP caches take for that.
    private const string Immutable = "max-age=31536000, immutable";

    /// <summary>On every answer, errors too: old clients recognise a registry by it.</summary>
    public static void Begin(HttpResponse response) => response.Headers[ApiVersion] = "registry/2.0";

    /// <summary>Names the content of an answer.</summary>
    /// <param name="response">Not begun yet.</param>
    /// <param name="digest">Of the whole content, whatever part of it is sent.</param>
    /// <param name="immutable">Whether it was asked for by digest: a tag's answer may be another one tomorrow.</param>
    public static void Content(HttpResponse response, Digest digest, bool immutable) =>
        Content(response, digest, EntityTag(digest), immutable);

    /// <summary>The same with an entity tag that is at hand.</summary>
    public static void Content(HttpResponse response, Digest digest, string entityTag, bool immutable)
    {
        var headers = response.Headers;
        headers[ContentDigest] = digest.ToString();
        headers.ETag = entityTag;
        if (immutable)
        {
            headers.CacheControl = Immutable;
        }
    }

    /// <summary>What a client compares with <c>If-Range</c>.</summary>
    public static string EntityTag(Digest digest) => $"\"{digest}\"";

    /// <summary>Tells how long the blob is of which a part past its end was asked for.</summary>
    public static void PastTheEnd(HttpResponse response, long totalBytes) => response.Headers.ContentRange = $"bytes */{totalBytes}";
}
