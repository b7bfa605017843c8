using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The composition root of a pull: every object between the data port and the registry, made once and in one place.</summary>
internal sealed class PullPath : IAsyncDisposable
{
    private readonly EcrTokens _tokens;
    private readonly Connections _connections;
    private readonly IRegistryAuth _auth;
    private readonly RepositoryBlobs _repositoryBlobs;
    private readonly TagResolver _tags;
    private readonly DigestResolver _digests;

    /// <exception cref="IOException">The cache directory cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache directory may not be written to.</exception>
    public PullPath(
        ProxySettings settings, Disk disk, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        Cache = DiskCache.Open(settings.Cache, disk, time, metrics, loggers);
        _tokens = new EcrTokens(time, loggers.CreateLogger<TokenRefresher>());
        _connections = new Connections(settings.Upstream);
        var log = loggers.CreateLogger<RegistryClient>();
        var auths = new RegistryAuths(_tokens, metrics, time, log);
        Tokens = auths.TokenOf(settings.Upstream, settings.Ecr);
        _auth = auths.Of(settings.Upstream, settings.Ecr, _connections);
        var registry = new RegistryClient(settings.Upstream, _connections, _auth, metrics, time, log);

        _repositoryBlobs = new RepositoryBlobs(Cache.Links, registry);
        var manifests = new RepositoryManifests(Cache.Manifests, Cache.Links, registry);
        _tags = new TagResolver(Cache.Tags, manifests, settings.Cache, time);
        _digests = new DigestResolver(manifests);
        var handlers = new Handlers(
            new BlobHandler(Cache.Blobs, _repositoryBlobs, registry, disk, time, metrics),
            new ManifestHandler(_tags, _digests),
            new ListHandler(registry, settings.Upstream));
        Pipeline = new RequestPipeline(handlers, time, metrics, loggers.CreateLogger<RequestPipeline>());
        if (Tokens is { } tokens)
        {
            metrics.ObserveToken(() => tokens.ExpiresAt is { } expires ? (expires - time.GetUtcNow()).TotalSeconds : 0);
        }
    }

    public DiskCache Cache { get; }

    /// <summary>Null where the registry asks for no ECR token.</summary>
    public TokenRefresher? Tokens { get; }

    public RequestPipeline Pipeline { get; }

    /// <summary>Begins to keep the token fresh. AWS may take its time: nothing waits for it here.</summary>
    public void Start() => _tokens.Start();

    /// <summary>Ends downloads, keeping what has arrived, and closes the cache.</summary>
    public async ValueTask DisposeAsync()
    {
        await _tokens.DisposeAsync();
        _auth.Dispose();
        await Cache.DisposeAsync();
        _tags.Dispose();
        _digests.Dispose();
        _repositoryBlobs.Dispose();
        _connections.Dispose();
    }
}
