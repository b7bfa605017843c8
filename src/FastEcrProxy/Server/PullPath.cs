using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The composition root of a pull: every object between the data port and the registries, made once and in one place.</summary>
internal sealed class PullPath : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly EcrTokens _tokens;
    private readonly RegistryPool _registries;
    private readonly RegistryProbes _probes;
    private readonly RepositoryBlobs _repositoryBlobs;
    private readonly Prefetch _prefetch;
    private Task _probing = Task.CompletedTask;

    /// <exception cref="IOException">The cache directory cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">The cache directory may not be written to.</exception>
    public PullPath(
        ProxySettings settings, Disk disk, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        Cache = DiskCache.Open(settings.Cache, disk, time, metrics, loggers);
        _tokens = new EcrTokens(time, loggers.CreateLogger<TokenRefresher>());
        var auths = new RegistryAuths(_tokens, metrics, time, loggers.CreateLogger<RegistryClient>());
        var rules = settings.Upstreams;
        _registries = new RegistryPool(rules, auths.Of, metrics, time, loggers);
        Clients = new ClientParts(settings.Clients, new EcrLogins(new LoginRegistries(rules, _registries)), metrics, time, loggers);
        _probes = new RegistryProbes(_registries, time, loggers.CreateLogger<RegistryProbes>());
        _repositoryBlobs = new RepositoryBlobs(Cache.Links);
        var pushed = new PushedTags(time);
        var manifests = new RepositoryManifests(Cache.Manifests, Cache.Links);
        Tags = new TagResolver(Cache.Tags, pushed, manifests, settings.Cache, time);
        Digests = new DigestResolver(manifests);
        _prefetch = new Prefetch(Cache.Blobs, _repositoryBlobs, settings.Cache, time, metrics, loggers.CreateLogger<Prefetch>());
        Upstreams = new Upstreams(rules, _registries);
        var bodies = new ClientBodies(settings.Listen.StallTimeout, time);
        var edge = new ClientEdge(settings.Listen.TrustedProxies, settings.Listen.Hsts);
        var limits = new ClientLimits(settings.Limits, new LimitReports(metrics, time, loggers.CreateLogger<LimitReports>()), time);
        var layers = new LayerPush(bodies, Cache.Pushes, limits, time, metrics);
        var handlers = new Handlers(
            new BlobHandler(Cache.Blobs, _repositoryBlobs, _prefetch, limits, disk, time, metrics),
            new ManifestHandler(Tags, Digests, _prefetch),
            new ListHandler(),
            new UploadHandler(new UploadBegin(layers, Upstreams, _repositoryBlobs, Clients.Gate), layers, _repositoryBlobs, Cache.Pushes),
            new ChangeHandler(bodies, manifests, Cache.Links, Cache.Tags, pushed, time, metrics));
        Pipeline = new RequestPipeline(
            edge, Clients.Gate, limits, handlers, Upstreams, time, metrics, loggers.CreateLogger<RequestPipeline>());
        metrics.ObserveToken(() => Tokens.Min(token => (double?)SecondsLeft(token, time)));
    }

    public DiskCache Cache { get; }

    public ClientParts Clients { get; }

    /// <summary>One for each identity and Region; none where no registry asks for an ECR token.</summary>
    public IReadOnlyList<TokenRefresher> Tokens => _tokens.All;

    public Upstreams Upstreams { get; }

    public TagResolver Tags { get; }

    public DigestResolver Digests { get; }

    public RequestPipeline Pipeline { get; }

    /// <summary>Begins to keep tokens fresh and to look after registries. They may take their time: nothing waits for them here.</summary>
    public void Start()
    {
        _tokens.Start();
        _probing = _probes.RunAsync(_stop.Token);
    }

    /// <summary>Answers requests as before, and begins nothing that no client has asked for.</summary>
    public void Drain() => _prefetch.Stop();

    /// <summary>Ends downloads, keeping what has arrived, and closes the cache.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _probing;
        _prefetch.Dispose();
        await _tokens.DisposeAsync();
        await Cache.DisposeAsync();
        Tags.Dispose();
        Digests.Dispose();
        _repositoryBlobs.Dispose();
        _registries.Dispose();
        Clients.Dispose();
        _stop.Dispose();
    }

    private static double SecondsLeft(TokenRefresher token, TimeProvider time) =>
        token.ExpiresAt is { } expires ? (expires - time.GetUtcNow()).TotalSeconds : 0;
}
