namespace FastEcrProxy.Http;

/// <summary>One handler for each noun that has content.</summary>
/// <param name="Blobs">Layers and configs.</param>
/// <param name="Manifests">Manifests by tag and by digest.</param>
/// <param name="Lists">Tags, referrers and the catalog.</param>
/// <param name="Uploads">Layers that are pushed.</param>
/// <param name="Changes">Manifests that are pushed, and whatever is deleted.</param>
internal sealed record Handlers(
    IRequestHandler Blobs, IRequestHandler Manifests, IRequestHandler Lists, IRequestHandler Uploads, IRequestHandler Changes);
