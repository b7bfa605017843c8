using System.Globalization;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>One registry, in the words of the distribution API. Every failure is a value, and is logged once, here.</summary>
internal sealed class RegistryClient
{
    private const int PageEntriesMax = 1000; // ECR refuses more (maxResults)
    private const int ListBytesMax = 8 << 20; // a thousand of the longest names are below one
    private const int OwnRedirectsMax = 3; // as for blobs
    private const string CachedHere = "fast-ecr-proxy; hit"; // RFC 9211; others who do not know only-if-cached answer as always

    private readonly UpstreamOptions _options;
    private readonly Peer _registry;
    private readonly IRegistryAuth _auth;
    private readonly RegistryExchange _exchange;
    private readonly BlobLocator _blobs;
    private readonly ProxyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<RegistryClient> _logger;

    /// <summary>A client of the registry that the options name.</summary>
    /// <param name="options">Which registry, and how patiently.</param>
    /// <param name="connections">Stays the caller's.</param>
    /// <param name="auth">What the registry is shown. Stays the caller's.</param>
    /// <param name="metrics">Every answer is counted there.</param>
    /// <param name="time">The clock of all time-outs and pauses.</param>
    /// <param name="logger">Failures, once each.</param>
    public RegistryClient(
        UpstreamOptions options, Connections connections, IRegistryAuth auth,
        ProxyMetrics metrics, TimeProvider time, ILogger<RegistryClient> logger)
    {
        (_options, _auth, _metrics, _time, _logger) = (options, auth, metrics, time, logger);
        _registry = new Peer(UpstreamPeer.Registry, connections.Registry, options, metrics, time);
        var layers = new Peer(UpstreamPeer.Layers, connections.Layers, options, metrics, time);
        _exchange = new RegistryExchange(options, _registry, auth, time, logger);
        _blobs = new BlobLocator(_exchange, new LayerStore(layers, time), new RedirectPolicy(options));
    }

    /// <summary>Manifests and deletions.</summary>
    public RegistryChanges Changes => new(_exchange, _logger);

    /// <summary>Whether it is a private ECR registry: nobody else is ever shown a caller's ECR token.</summary>
    public bool TakesEcrTokens => _options.UsesEcrToken;

    /// <summary>The Region in which every registry takes the same ECR tokens; null where only the token says it.</summary>
    public string? TokenRegion => _options.Host?.Region;

    /// <summary>Where a repository's manifest is.</summary>
    public static string ManifestPath(Repository repository, Reference reference) => $"/v2/{repository}/manifests/{reference}";

    /// <summary>A manifest as sentences call it.</summary>
    public static string Name(Repository repository, Reference reference) =>
        $"manifest {repository}{(reference.IsDigest ? '@' : ':')}{reference}";

    /// <summary>
    /// Whether another client speaks with the same registry as the same identity: what the one may see there, the other may.
    /// </summary>
    public bool IsOf(RegistryClient other) =>
        _options.Host == other._options.Host
        && _options.Endpoint == other._options.Endpoint
        && _options.Auth.ShowsTheSame(other._options.Auth);

    /// <summary>The same registry, on the same connections, asked for somebody else. Only where <see cref="TakesEcrTokens"/>.</summary>
    /// <param name="authorization">The value of the caller's <c>Authorization</c> header, for ECR: a secret.</param>
    public CallerQuestions For(string authorization) => TakesEcrTokens
        ? new(new RegistryExchange(_options, _registry, new CallerAuth(authorization, _options, _auth), _time, _logger), _logger)
        : throw new InvalidOperationException("A caller's ECR token goes to private ECR registries only.");

    /// <summary>Layers on their way there.</summary>
    /// <param name="repositories">Makes a repository that a push finds missing; null: it stays missing.</param>
    public RegistryUploads Uploads(RepositoryCreator? repositories) => new(_exchange, repositories, _logger);

    /// <summary>A manifest's exact bytes, checked against its digest.</summary>
    public async ValueTask<Fetched<StoredManifest>> GetManifestAsync(
        Repository repository, Reference reference, IReadOnlyList<string> accept, CancellationToken cancel)
    {
        var what = Name(repository, reference);
        var request = new RegistryRequest(HttpMethod.Get, ManifestPath(repository, reference), RegistryScope.Pull(repository))
        {
            Accept = accept,
            BodyBytesMax = StoredManifest.BytesMax,
        };
        var (answer, failure) = await AskAsync(request, what, cancel);
        using (answer)
        {
            var read = answer is null ? failure! : ManifestAnswer.Read(answer, reference, what);
            if (read.Failure is { Error: FetchError.DigestMismatch })
            {
                _metrics.DigestMismatch();
            }

            return Reported(read, what);
        }
    }

    /// <summary>A manifest's digest and type, for a tag: whether it still is what it was.</summary>
    public async ValueTask<Fetched<ManifestHead>> HeadManifestAsync(
        Repository repository, Reference reference, IReadOnlyList<string> accept, CancellationToken cancel)
    {
        var what = Name(repository, reference);
        var request = new RegistryRequest(HttpMethod.Head, ManifestPath(repository, reference), RegistryScope.Pull(repository))
        {
            Accept = accept,
        };
        var (answer, failure) = await AskAsync(request, what, cancel);
        using (answer)
        {
            if (answer?.Status is not (401 or 403 or 405))
            {
                return Reported(answer is null ? failure! : ManifestAnswer.ReadHead(answer, what), what);
            }
        }

        // A refused HEAD does not say why, and some registries answer GET only.
        var (manifest, why) = await GetManifestAsync(repository, reference, accept, cancel);
        return manifest is null ? why! : new ManifestHead(manifest.Digest, manifest.MediaType, manifest.Bytes.Length);
    }

    /// <summary>A blob's length.</summary>
    public async ValueTask<Fetched<BlobHead>> HeadBlobAsync(Repository repository, Digest digest, CancellationToken cancel)
    {
        var what = $"blob {repository}@{digest}";
        var request = new RegistryRequest(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}", RegistryScope.Pull(repository));
        var (answer, failure) = await _exchange.AskAsync(request, cancel);
        using (answer)
        {
            // A redirect is presigned for GET; 401, 403 and 405 are how some registries say that they answer GET only.
            var asksForGet = answer is { IsRedirect: true } or { Status: 401 or 403 or 405 }
                or { Status: 200, Message.Content.Headers.ContentLength: null };
            if (!asksForGet)
            {
                return Reported<BlobHead>(
                    answer switch
                    {
                        null => failure!,
                        { Status: 200 } => new BlobHead(answer.Message.Content.Headers.ContentLength!.Value),
                        _ => answer.ToFailure(what),
                    },
                    what);
            }
        }

        return await BlobsOf(repository, digest).HeadAsync(cancel);
    }

    /// <summary>A blob's length where the registry is a proxy of ours that has it on disk; null where it has not, or is none.</summary>
    public async ValueTask<BlobHead?> HeadCachedBlobAsync(Repository repository, Digest digest, CancellationToken cancel)
    {
        var request = new RegistryRequest(HttpMethod.Head, $"/v2/{repository}/blobs/{digest}", RegistryScope.Pull(repository))
        {
            OnlyIfCached = true,
        };
        var (answer, _) = await _exchange.AskAsync(request, cancel);
        using (answer)
        {
            return answer is { Status: 200, Message.Content.Headers.ContentLength: { } length }
                && answer.Header("Cache-Status")?.StartsWith(CachedHere, StringComparison.Ordinal) is true
                ? new BlobHead(length)
                : null;
        }
    }

    /// <summary>One blob, to be opened at any offset.</summary>
    /// <param name="repository">Where it is.</param>
    /// <param name="digest">Which one.</param>
    /// <param name="wasCut">Told of each body that ends early, and whether it had been silent; null where nobody wants to know.</param>
    public BlobSource BlobsOf(Repository repository, Digest digest, Action<bool>? wasCut = null) =>
        new(_blobs, _options, _time, _logger, repository, digest, wasCut);

    /// <summary>Where clients may fetch a blob themselves, or that the registry sends it.</summary>
    public async ValueTask<Fetched<LayerAddress>> LocateBlobAsync(Repository repository, Digest digest, CancellationToken cancel)
    {
        var what = $"blob {repository}@{digest}";
        return Reported(await _blobs.FindAsync(repository, digest, what, cancel), what);
    }

    /// <summary>One page of a repository's tags.</summary>
    /// <param name="repository">Whose tags.</param>
    /// <param name="n">Entries on the page, or null for the registry's default; more than ECR takes is cut.</param>
    /// <param name="last">Where the page before ended, as the registry said it: opaque. Null for the first page.</param>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask<Fetched<ListReply>> ListTagsAsync(Repository repository, int? n, string? last, CancellationToken cancel) =>
        ListAsync($"/v2/{repository}/tags/list{Page(n, last)}", RegistryScope.Pull(repository), $"the tags of {repository}", cancel);

    /// <summary>One page of the manifests that refer to one.</summary>
    /// <param name="repository">Where they are.</param>
    /// <param name="digest">The manifest that they refer to.</param>
    /// <param name="artifactType">Only of this type, or null for all.</param>
    /// <param name="nextPage">The query string of <see cref="ListReply.Next"/>, as the client brought it back; or null.</param>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask<Fetched<ListReply>> ListReferrersAsync(
        Repository repository, Digest digest, string? artifactType, string? nextPage, CancellationToken cancel)
    {
        var query = nextPage is null ? QueryText.Of(("artifactType", artifactType)) : QueryText.Again(nextPage);
        var what = $"the referrers of {repository}@{digest}";
        return ListAsync($"/v2/{repository}/referrers/{digest}{query}", RegistryScope.Pull(repository), what, cancel);
    }

    /// <summary>One page of the registry's repositories. Whether anyone may see them is the caller's question.</summary>
    public ValueTask<Fetched<ListReply>> ListRepositoriesAsync(int? n, string? last, CancellationToken cancel) =>
        ListAsync($"/v2/_catalog{Page(n, last)}", RegistryScope.Catalog, "the list of repositories", cancel);

    /// <summary>Null if the registry answers and takes what it is shown.</summary>
    public async ValueTask<FetchFailure?> PingAsync(CancellationToken cancel)
    {
        const string What = "a ping";
        var (answer, failure) = await AskAsync(new RegistryRequest(HttpMethod.Get, "/v2/", RegistryScope.Ping), What, cancel);
        using (answer)
        {
            failure ??= answer!.Status == 200 ? null : answer.ToFailure(What);
            return failure is null ? null : UpstreamLog.Report(_logger, What, failure);
        }
    }

    private async ValueTask<Fetched<ListReply>> ListAsync(
        string pathAndQuery, RegistryScope scope, string what, CancellationToken cancel)
    {
        var request = new RegistryRequest(HttpMethod.Get, pathAndQuery, scope) { BodyBytesMax = ListBytesMax };
        var (answer, failure) = await AskAsync(request, what, cancel);
        using (answer)
        {
            if (answer is not { Status: 200 })
            {
                return Reported<ListReply>(answer?.ToFailure(what) ?? failure!, what);
            }

            if (!NextPage.TryParse(answer.Header("Link"), out var next))
            {
                UpstreamLog.LinkIgnored(_logger, what);
            }

            return new ListReply(answer.Bytes, answer.Header("Content-Type") ?? MediaTypes.Json, next)
            {
                FiltersApplied = answer.Header("OCI-Filters-Applied"),
            };
        }
    }

    /// <summary>Follows the registry's redirects to itself. Elsewhere only blobs may come from.</summary>
    private async ValueTask<Fetched<UpstreamAnswer>> AskAsync(RegistryRequest request, string what, CancellationToken cancel)
    {
        for (var redirects = 0; ; redirects++)
        {
            var (answer, failure) = await _exchange.AskAsync(request, cancel);
            if (answer is not { IsRedirect: true })
            {
                return answer ?? (Fetched<UpstreamAnswer>)failure!;
            }

            using (answer)
            {
                if (redirects == OwnRedirectsMax
                    || !Uri.TryCreate(answer.Address, answer.Header("Location"), out var target)
                    || !_exchange.Address!.Owns(target))
                {
                    return new FetchFailure(FetchError.BadAnswer, $"{answer.Host} redirects for {what}: only blobs may be redirected.");
                }

                request = request with { PathAndQuery = target.PathAndQuery };
            }
        }
    }

    private Fetched<T> Reported<T>(Fetched<T> fetched, string what)
        where T : class =>
        fetched.Failure is { } failure ? UpstreamLog.Report(_logger, what, failure) : fetched;

    private static string Page(int? n, string? last) => QueryText.Of(
        ("n", n is { } entries ? Math.Min(entries, PageEntriesMax).ToString(CultureInfo.InvariantCulture) : null), ("last", last));
}
