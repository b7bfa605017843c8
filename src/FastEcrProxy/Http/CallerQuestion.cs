using FastEcrProxy.Clients;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>What is remembered of a caller: one permission in one repository.</summary>
/// <param name="Caller">Who.</param>
/// <param name="Where">The repository, and the place that it is in; the place alone for the list of repositories.</param>
/// <param name="What">Which permission.</param>
internal readonly record struct CallerQuestion(KeyedPrint Caller, RepositoryKey Where, CallerQuestion.Right What)
{
    /// <summary>The permissions that ECR tells apart, by the API call that stands behind a request.</summary>
    internal enum Right
    {
        ReadManifest,
        ReadBlob,
        CheckBlob,
        ListTags,
        ListReferrers,
        ListRepositories,
        StartUpload,
        FinishUpload,
        PutManifest,
        Delete,
    }

    /// <summary>Whether something is to change, so that the primary is asked.</summary>
    public bool IsChange => What is Right.StartUpload or Right.FinishUpload or Right.PutManifest or Right.Delete;

    /// <summary>What a request needs; null for what nobody does to such a thing.</summary>
    /// <remarks>
    /// Of an upload that has begun every request needs the permission to end it: without that nothing comes of what is sent. The
    /// beginning needs both, since a layer can be sent whole with it.
    /// </remarks>
    public static Right? Of(RouteKind kind, string method) => (kind, method) switch
    {
        (RouteKind.Manifest, "GET" or "HEAD") => Right.ReadManifest,
        (RouteKind.Manifest, "PUT") => Right.PutManifest,
        (RouteKind.Blob, "GET") => Right.ReadBlob,
        (RouteKind.Blob, "HEAD") => Right.CheckBlob,
        (RouteKind.Manifest or RouteKind.Blob, "DELETE") => Right.Delete,
        (RouteKind.Tags, "GET" or "HEAD") => Right.ListTags,
        (RouteKind.Referrers, "GET" or "HEAD") => Right.ListReferrers,
        (RouteKind.Catalog, "GET" or "HEAD") => Right.ListRepositories,
        (RouteKind.Upload, "POST") => Right.StartUpload,
        (RouteKind.Upload, _) => Right.FinishUpload,
        _ => null,
    };

    /// <summary>Asks one registry.</summary>
    /// <param name="registry">Shown the caller's token.</param>
    /// <param name="repository">Its name there.</param>
    /// <param name="reference">What of it is wanted, where that is one thing.</param>
    /// <param name="cancel">Ends the question.</param>
    public ValueTask<Fetched<CallerVerdict>> AskAsync(
        CallerQuestions registry, Repository repository, Reference reference, CancellationToken cancel) => What switch
        {
            Right.ReadManifest => registry.ReadManifestAsync(repository, reference, cancel),
            Right.ReadBlob => registry.ReadBlobAsync(repository, reference.Digest, cancel),
            Right.CheckBlob => registry.CheckBlobAsync(repository, reference.Digest, cancel),
            Right.ListTags => registry.ListTagsAsync(repository, cancel),
            Right.ListReferrers => registry.ListReferrersAsync(repository, reference.Digest, cancel),
            Right.ListRepositories => registry.ListRepositoriesAsync(cancel),
            Right.StartUpload => registry.StartUploadAsync(repository, cancel),
            Right.FinishUpload => registry.FinishUploadAsync(repository, cancel),
            Right.PutManifest => registry.PutManifestAsync(repository, cancel),
            _ => registry.DeleteAsync(repository, cancel),
        };
}
