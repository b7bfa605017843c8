using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>
/// Opens a blob upstream from an offset to its end; whoever asked may stop reading early. One attempt: trying again is
/// the caller's.
/// </summary>
/// <param name="offset">Of the first byte wanted.</param>
/// <param name="cancel">Ends the attempt.</param>
internal delegate ValueTask<Fetched<BlobBody>> OpenBlob(long offset, CancellationToken cancel);
