using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>
/// Takes a place for a download that somebody is about to cause, or says why there is none. How many may run, and for whom, is
/// for the caller to know: the cache asks when it has found that nobody else fetches the blob.
/// </summary>
/// <param name="cancel">Ends the wait for a place.</param>
internal delegate ValueTask<Fetched<FillPlace>> TakeFillPlace(CancellationToken cancel);
