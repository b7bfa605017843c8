namespace FastEcrProxy.Oci;

/// <summary>Why something could not be had. The value says who is to blame and whether trying again can help.</summary>
internal enum FetchError
{
    /// <summary>The registry says that it does not exist: passed on, nothing cached.</summary>
    NotFound,

    /// <summary>The registry refuses the proxy's credentials or its request: trying again cannot help.</summary>
    Refused,

    /// <summary>The registry says slow down, or the proxy does to one client: try again after the hint.</summary>
    Throttled,

    /// <summary>No answer in time, no connection, no token, or a 5xx: safe to try again.</summary>
    Unreachable,

    /// <summary>The body ended early: go on from the bytes at hand.</summary>
    CutShort,

    /// <summary>The answer makes no sense (no length, a forbidden redirect, too large): somebody has to look.</summary>
    BadAnswer,

    /// <summary>The bytes do not match their name: thrown away, never served again.</summary>
    DigestMismatch,

    /// <summary>A range that begins past the end of the blob.</summary>
    OutOfRange,

    /// <summary>The local disk failed or has no room: served from the registry without keeping it.</summary>
    Storage,

    /// <summary>The proxy fetches as much as it may, for others: try again in a moment.</summary>
    Busy,

    /// <summary>The proxy is stopping.</summary>
    Stopping,

    /// <summary>
    /// Everybody who wanted it has left: what has come is kept, and gone on with when somebody asks again. Of what a client sends:
    /// it has broken off.
    /// </summary>
    Unwanted,
}

/// <summary>What follows from an error for whoever met it.</summary>
internal static class FetchErrors
{
    extension(FetchError error)
    {
        /// <summary>Whether the same request may succeed a moment later.</summary>
        public bool IsTransient => error is FetchError.Throttled or FetchError.Unreachable or FetchError.CutShort;
    }
}
