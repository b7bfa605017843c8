using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>The only place where a failure of registry, disk or network becomes a status and a code for the client.</summary>
/// <remarks>
/// Clients act on these. containerd asks again after 408, 429, 500, 503 and 504; docker asks again unless the code is
/// DENIED, UNSUPPORTED, TOOMANYREQUESTS, NAME_UNKNOWN or UNAUTHORIZED; podman waits as <c>Retry-After</c> says. So what may
/// pass is 429 or 503, and what somebody has to look at is 502. <c>UNAVAILABLE</c> and <c>UNKNOWN</c> are docker registry's.
/// </remarks>
internal static class FetchFailures
{
    private const string Unknown = "UNKNOWN";
    private const string Unavailable = "UNAVAILABLE";

    // Where the registry says slow down and not for how long: its quotas are per second.
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(5);

    /// <summary>What the client is told.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="kind">What was asked for: it names the code where the registry sent none.</param>
    public static OciError ToError(FetchFailure failure, RouteKind kind) => failure.Error switch
    {
        FetchError.NotFound => OciError.NotFound(failure.Code ?? CodeOf(kind), failure.Reason),
        FetchError.Refused when failure.Status is { } status and not (401 or 403) =>
            new OciError(status, failure.Code ?? "UNSUPPORTED", failure.Reason), // the question is refused, not the one who asks
        FetchError.Refused => new OciError(403, "DENIED", failure.Reason),
        FetchError.Throttled => new OciError(429, "TOOMANYREQUESTS", failure.Reason) { RetryAfter = failure.RetryAfter ?? DefaultWait },
        FetchError.Unreachable or FetchError.CutShort or FetchError.Busy or FetchError.Stopping or FetchError.Unwanted =>
            new OciError(503, Unavailable, failure.Reason) { RetryAfter = failure.RetryAfter },
        FetchError.OutOfRange when kind is RouteKind.Upload => new OciError(416, failure.Code ?? "BLOB_UPLOAD_INVALID", failure.Reason),
        FetchError.OutOfRange => OciError.RangeInvalid(416, failure.Reason),
        FetchError.BadAnswer or FetchError.DigestMismatch => new OciError(502, Unknown, failure.Reason),
        _ => new OciError(500, Unknown, failure.Reason),
    };

    private static string CodeOf(RouteKind kind) => kind switch
    {
        RouteKind.Blob => "BLOB_UNKNOWN",
        RouteKind.Manifest => "MANIFEST_UNKNOWN",
        RouteKind.Upload => "BLOB_UPLOAD_UNKNOWN",
        _ => "NAME_UNKNOWN",
    };
}
