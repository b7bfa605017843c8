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
    private readonly CancellationTokenSource _stop = new();
    private readonly RegistryPool _registries;
    private readonly RegistryProbes _probes;
    private readonly RepositoryBlobs _repositoryBlobs;
    private readonly TagResolver _tags;
    private readonly DigestResolver _digests;
    private readonly Prefetch _prefetch;
    private Task _refreshing = Task.CompletedTask;
    private Task _probing = Task.CompletedTask;

    /// <exception cref="IOException">The cache directory cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache directory may not be written to.</exception>
    public PullPath(
        ProxySettings settings, Disk disk, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        Cache = DiskCache.Open(settings.Cache, disk, time, metrics, loggers);
        Tokens = settings.Upstream.UsesEcrToken ? TokensOf(settings.Ecr, time, loggers) : null;
        var rules = settings.Upstreams;
        _registries = new RegistryPool(rules, _ => Tokens!, metrics, time, loggers);
        _probes = new RegistryProbes(_registries, time);
        _repositoryBlobs = new RepositoryBlobs(Cache.Links);
        var manifests = new RepositoryManifests(Cache.Manifests, Cache.Links);
        _tags = new TagResolver(Cache.Tags, manifests, settings.Cache, time);
        _digests = new DigestResolver(manifests);
        _prefetch = new Prefetch(Cache.Blobs, _repositoryBlobs, settings.Cache, time, metrics, loggers.CreateLogger<Prefetch>());
        var handlers = new Handlers(
            new BlobHandler(Cache.Blobs, _repositoryBlobs, _prefetch, disk, time, metrics),
            new ManifestHandler(_tags, _digests, _prefetch),
            new ListHandler());
        Pipeline = new RequestPipeline(handlers, new Upstreams(rules, _registries), time, metrics, loggers.CreateLogger<RequestPipeline>());
        if (Tokens is { } tokens)
        {
            metrics.ObserveToken(() => tokens.ExpiresAt is { } expires ? (expires - time.GetUtcNow()).TotalSeconds : 0);
        }
    }

    public DiskCache Cache { get; }

    /// <summary>Null where the registry asks for no ECR token.</summary>
    public TokenRefresher? Tokens { get; }

    public RequestPipeline Pipeline { get; }

    /// <summary>Begins to keep tokens fresh and to look after registries. They may take their time: nothing waits for them here.</summary>
    public void Start()
    {
        _refreshing = Tokens?.RunAsync(_stop.Token) ?? Task.CompletedTask;
        _probing = _probes.RunAsync(_stop.Token);
    }

    /// <summary>Answers requests as before, and begins nothing that no client has asked for.</summary>
    public void Drain() => _prefetch.Stop();

    /// <summary>Ends downloads, keeping what has arrived, and closes the cache.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _refreshing;
        await _probing;
        _prefetch.Dispose();
        await Cache.DisposeAsync();
        _tags.Dispose();
        _digests.Dispose();
        _repositoryBlobs.Dispose();
        _registries.Dispose();
        _stop.Dispose();
    }

    private static TokenRefresher TokensOf(EcrOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        var api = new EcrApi(options, new AwsCredentials(options));
        return new TokenRefresher(api, time, loggers.CreateLogger<TokenRefresher>());
    }
}
