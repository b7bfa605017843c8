using System.Text;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Asks one private ECR registry, with a caller's own token, whether the caller may do something: by doing it, or something like
/// it that needs the same permission and changes nothing.
/// </summary>
/// <remarks>
/// ECR asks IAM first and looks for the thing afterwards, so a good answer, or one that a thing is not there, means that the caller
/// may. What a registry finds wrong with a question before it asks IAM means nothing, so that no question here has anything wrong
/// with it, and such an answer lets nobody in. A HEAD that fails does not say why: then the same is asked with GET. IAM knows
/// repositories and nothing smaller: what is allowed with one manifest is allowed with all of a repository's.
/// </remarks>
/// <param name="exchange">With the registry, showing the caller's token.</param>
/// <param name="logger">Where there is no answer. A refusal is nobody's trouble.</param>
internal sealed class CallerQuestions(RegistryExchange exchange, ILogger logger)
{
    // Nothing has this hash, and nobody will ever find something that has.
    private const string NothingDigest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    // As ECR names uploads, and none of its.
    private const string NoUpload = "00000000-0000-0000-0000-000000000000";

    private static readonly RequestBytes NoManifest = new(
        Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"mediaType":"{{ManifestType}}","layers":[],
            "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{NothingDigest}}","size":2} }
            """),
        ManifestType);

    private static readonly string NoManifestDigest = Digest.Of(NoManifest.Content.Span).ToString();

    /// <summary>Whether it takes the token at all.</summary>
    public ValueTask<Fetched<CallerVerdict>> PingAsync(CancellationToken cancel) =>
        AskAsync(Question(HttpMethod.Get, "/v2/", RegistryScope.Ping), cancel);

    /// <summary>Read a manifest: BatchGetImage.</summary>
    public ValueTask<Fetched<CallerVerdict>> ReadManifestAsync(Repository repository, Reference reference, CancellationToken cancel) =>
        HeadAsync(
            Question(HttpMethod.Head, RegistryClient.ManifestPath(repository, reference), RegistryScope.Pull(repository)) with
            {
                Accept = MediaTypes.Manifests,
            },
            cancel);

    /// <summary>
    /// Read a blob: GetDownloadUrlForLayer, which is what a download needs. A permission for HEAD alone is not enough for it, and
    /// AWS's own policy for pulls has none for HEAD. The address that comes back is not used.
    /// </summary>
    public ValueTask<Fetched<CallerVerdict>> ReadBlobAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        AskAsync(Blob(HttpMethod.Get, repository, digest), cancel);

    /// <summary>Know of a blob: BatchCheckLayerAvailability, which who may only push has, or the right to read it.</summary>
    public ValueTask<Fetched<CallerVerdict>> CheckBlobAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        HeadAsync(Blob(HttpMethod.Head, repository, digest), cancel);

    /// <summary>See the tags: ListImages.</summary>
    public ValueTask<Fetched<CallerVerdict>> ListTagsAsync(Repository repository, CancellationToken cancel) =>
        AskAsync(Question(HttpMethod.Get, $"/v2/{repository}/tags/list?n=1", RegistryScope.Pull(repository)), cancel);

    /// <summary>See what refers to a manifest: ListImageReferrers.</summary>
    public ValueTask<Fetched<CallerVerdict>> ListReferrersAsync(Repository repository, Digest digest, CancellationToken cancel) =>
        AskAsync(Question(HttpMethod.Get, $"/v2/{repository}/referrers/{digest}", RegistryScope.Pull(repository)), cancel);

    /// <summary>See the names of the repositories: DescribeRepositories.</summary>
    public ValueTask<Fetched<CallerVerdict>> ListRepositoriesAsync(CancellationToken cancel) =>
        AskAsync(Question(HttpMethod.Get, "/v2/_catalog?n=1", RegistryScope.Catalog), cancel);

    /// <summary>
    /// Begin an upload: InitiateLayerUpload. There is no question that needs this permission and begins none, so one is begun and
    /// given up; ECR forgets those that nobody goes on with.
    /// </summary>
    public async ValueTask<Fetched<CallerVerdict>> StartUploadAsync(Repository repository, CancellationToken cancel)
    {
        var request = Question(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/", RegistryScope.Push(repository));
        var (answer, failure) = await exchange.AskAsync(request, cancel);
        using (answer)
        {
            if (answer is { Status: < 300 } && UploadSession.Of(answer, exchange.Address!, repository).Value is { } begun)
            {
                var over = Question(HttpMethod.Delete, begun.PathIn(repository), RegistryScope.Push(repository)) with { IsOnce = true };
                (await exchange.AskAsync(over, cancel)).Value?.Dispose(); // ECR may not know how to: it is over all the same
            }

            return Judged(answer, failure, request);
        }
    }

    /// <summary>End an upload, without which nothing that was sent is there: CompleteLayerUpload, of one that does not exist.</summary>
    public ValueTask<Fetched<CallerVerdict>> FinishUploadAsync(Repository repository, CancellationToken cancel) =>
        AskAsync(
            Question(HttpMethod.Put, $"/v2/{repository}/blobs/uploads/{NoUpload}?digest={NothingDigest}", RegistryScope.Push(repository)),
            cancel);

    /// <summary>Put a manifest: PutImage, of one whose parts cannot be there, under its digest.</summary>
    public ValueTask<Fetched<CallerVerdict>> PutManifestAsync(Repository repository, CancellationToken cancel) =>
        AskAsync(
            Question(HttpMethod.Put, $"/v2/{repository}/manifests/{NoManifestDigest}", RegistryScope.Push(repository)) with
            {
                Bytes = NoManifest,
                IsOnce = true,
            },
            cancel);

    /// <summary>Delete: BatchDeleteImage, of what cannot exist. For layers too: ECR has no other permission for it.</summary>
    public ValueTask<Fetched<CallerVerdict>> DeleteAsync(Repository repository, CancellationToken cancel) =>
        AskAsync(
            Question(HttpMethod.Delete, $"/v2/{repository}/manifests/{NothingDigest}", RegistryScope.Delete(repository)), cancel);

    private static RegistryRequest Question(HttpMethod method, string pathAndQuery, RegistryScope scope) =>
        new(method, pathAndQuery, scope);

    private static RegistryRequest Blob(HttpMethod method, Repository repository, Digest digest) =>
        Question(method, $"/v2/{repository}/blobs/{digest}", RegistryScope.Pull(repository));

    private async ValueTask<Fetched<CallerVerdict>> HeadAsync(RegistryRequest head, CancellationToken cancel)
    {
        var (answer, failure) = await exchange.AskAsync(head, cancel);
        using (answer)
        {
            if (answer is null or { Status: < 300 })
            {
                return Judged(answer, failure, head);
            }
        }

        return await AskAsync(head with { Method = HttpMethod.Get }, cancel);
    }

    private async ValueTask<Fetched<CallerVerdict>> AskAsync(RegistryRequest request, CancellationToken cancel)
    {
        var (answer, failure) = await exchange.AskAsync(request, cancel);
        using (answer)
        {
            return Judged(answer, failure, request);
        }
    }

    private Fetched<CallerVerdict> Judged(UpstreamAnswer? answer, FetchFailure? failure, RegistryRequest request)
    {
        const string What = "a question for a caller";
        if (answer is null)
        {
            return UpstreamLog.Report(logger, What, failure!);
        }

        return VerdictOf(answer, request) is { } verdict ? verdict : UpstreamLog.Report(logger, What, answer.ToFailure(What));
    }

    /// <summary>Null: it says nothing about the caller.</summary>
    /// <remarks>
    /// A token of another Region is answered with 400, at <c>/v2/</c> at least (aws/eks-anywhere#3919), a broken one with 401.
    /// Neither they nor any other error that speaks of no thing is taken for a permission.
    /// </remarks>
    private static CallerVerdict? VerdictOf(UpstreamAnswer answer, RegistryRequest request)
    {
        var code = answer.Error.Code;
        return answer.Status switch
        {
            >= 200 and < 300 => CallerVerdict.May,
            _ when Verdict.Of(answer.Status, answer.Error) is FetchError.Throttled or FetchError.Unreachable => null,
            < UpstreamAnswer.ErrorStatusMin => answer.IsRedirect && IsBlob(request) ? CallerVerdict.May : null,
            401 => CallerVerdict.NotTaken,
            403 => Verdict.RefusesToken(request.Method, 403, answer.Error) ? CallerVerdict.NotTaken : CallerVerdict.MayNot,
            _ when code is "NAME_UNKNOWN" => CallerVerdict.NoRepository,
            _ when code?.EndsWith("_UNKNOWN", StringComparison.Ordinal) is true => CallerVerdict.May,
            400 => CallerVerdict.NotTaken,
            _ => null,
        };
    }

    private static bool IsBlob(RegistryRequest request) =>
        request.Method == HttpMethod.Get && request.PathAndQuery.Contains("/blobs/sha", StringComparison.Ordinal);
}
