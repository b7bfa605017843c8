using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>A request about an upload.</summary>
/// <param name="Http">The request and its answer.</param>
/// <param name="Route">The repository as the client calls it, and the upload, where one has begun.</param>
/// <param name="To">Where it goes.</param>
/// <param name="Query">What the client brought back.</param>
/// <param name="Record">Told what became of it.</param>
internal sealed record UploadRequest(HttpContext Http, OciRoute Route, Destination To, UploadQuery Query, RequestRecord Record)
{
    /// <summary>The registry that takes pushes.</summary>
    public RegistryUploads Uploads => To.Registries.Primary.Client.Uploads(To.Registries.Repositories);

    /// <summary>The upload as the registry knows it. Only where one has begun.</summary>
    public UploadSession Session => new(Route.Session!, Query.Rest);

    /// <summary>A name for the upload that no other has.</summary>
    public string Name => $"{To.Key}/{Route.Session}";

    /// <summary>containerd's <c>ns</c> where it led here, so that what follows comes here, too.</summary>
    public string? Namespace => To.IsByNamespace ? RequestNames.NamespaceOf(Http.Request) : null;
}
