namespace FastEcrProxy.Observability;

/// <summary>Where the answer to a request came from.</summary>
internal enum CacheOutcome
{
    None,     // no content was asked for, or none was found
    Hit,      // from disk, nobody asked
    Joined,   // from a fill that another client's request had started
    Miss,     // this request was the cause of a fill
    Unstored, // from upstream to this client alone: it could not be stored
    Stale,    // the last known answer, while upstream cannot be reached
    Passed,   // upstream's answer handed through
    Redirected, // from the layer store, by the client itself
}
