using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>
/// Opens a blob upstream from an offset on; whoever asked may stop reading early, which costs the connection. One attempt:
/// trying again is the caller's.
/// </summary>
/// <param name="offset">Of the first byte wanted.</param>
/// <param name="end">Behind the last byte wanted; null: to the blob's end.</param>
/// <param name="cancel">Ends the attempt.</param>
internal delegate ValueTask<Fetched<BlobBody>> OpenBlob(long offset, long? end, CancellationToken cancel);
