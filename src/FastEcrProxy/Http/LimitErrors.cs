using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>What clients over a limit are told.</summary>
/// <remarks>
/// 429 for what is theirs to do less of, 503 where others have it all: docker comes back after a 503 but gives up after a 429, so
/// nothing is answered so that could be waited for.
/// </remarks>
internal static class LimitErrors
{
    /// <summary>When to come back for a place: nobody knows when one is given back.</summary>
    public static readonly TimeSpan PlaceRetry = TimeSpan.FromSeconds(5);

    public static OciError Busy(string message) => new(503, "UNAVAILABLE", message) { RetryAfter = PlaceRetry };

    public static OciError TooLarge(long most) => new(413, "SIZE_INVALID", $"A layer may have at most {most} bytes here.");
}
