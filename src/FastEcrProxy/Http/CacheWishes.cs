using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>What a client wants of the cache itself, for who fills it: RFC 9111, 5.2.1, and the answer of RFC 9211.</summary>
internal static class CacheWishes
{
    private const string CacheStatus = "Cache-Status";
    private const string Hit = "fast-ecr-proxy; hit";

    public static readonly OciError NotCached = new(
        StatusCodes.Status504GatewayTimeout, "BLOB_UNKNOWN", "It is not in the cache, and only-if-cached asks nobody else.");

    public static readonly OciError OnlyStale = new(
        StatusCodes.Status503ServiceUnavailable, "UNAVAILABLE",
        "The registry cannot be asked about the tag, and no-cache takes no answer that was good before.");

    /// <summary>Only what is in the cache is wanted: nobody else is to be asked.</summary>
    public static bool OnlyIfCached(HttpRequest request) => Has(request, "only-if-cached");

    /// <summary>What may be out of date is not wanted.</summary>
    public static bool NothingStale(HttpRequest request) => Has(request, "no-cache");

    /// <summary>Says that it was in the cache, in words that no other cache would use.</summary>
    public static void SayCached(HttpResponse response) => response.Headers[CacheStatus] = Hit;

    private static bool Has(HttpRequest request, string directive)
    {
        var values = request.Headers.CacheControl;
        return values.Count > 0 && values.ToString().Contains(directive, StringComparison.OrdinalIgnoreCase);
    }
}
