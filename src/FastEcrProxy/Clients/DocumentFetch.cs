using FastEcrProxy.Oci;

namespace FastEcrProxy.Clients;

/// <summary>Gets a small public document of an issuer, or says why it cannot be had. Throws for nothing but its token.</summary>
internal delegate Task<Fetched<byte[]>> DocumentFetch(Uri address, CancellationToken cancel);
