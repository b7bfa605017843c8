using System.Globalization;
using FastEcrProxy.Cache;
using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Server;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Tests.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Http;

/// <summary>The pipeline with its real cache in a directory of its own, before a registry in memory. No sockets, no real clock.</summary>
/// <remarks>Nothing is fetched ahead unless a test wants it: what is asked upstream is what clients asked for.</remarks>
internal sealed class PullProxy : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-http-");
    private readonly MeasuredValues _measured = new();
    private readonly Dictionary<string, int> _counted = []; // how often, when last looked at
    private readonly ClientParts _clients;
    private readonly RegistryPool _registries;
    private readonly DiskCache _cache;
    private readonly RepositoryBlobs _blobs;
    private readonly TagResolver _tags;
    private readonly DigestResolver _digests;
    private readonly Upstreams _upstreams;

    public PullProxy(
        Func<CacheOptions, CacheOptions>? cacheOptions = null, bool catalog = false, bool push = false, ClientOptions? clients = null,
        LimitOptions? limitOptions = null)
    {
        var options = new CacheOptions { Directory = _directory.FullName, FreeSpaceBytes = 0, Prefetch = 0 };
        options = cacheOptions?.Invoke(options) ?? options;
        var upstream = new UpstreamOptions { Endpoint = new Uri("http://registry.test"), UsesEcrToken = false };
        var loggers = NullLoggerFactory.Instance;
        var disk = new Disk(Time);
        Pushed = new PushedTags(Time);
        _cache = DiskCache.Open(options, disk, Time, _measured.Metrics, loggers);
        RuleOptions[] rules =
            [new RuleOptions { Registries = [new RegistryOptions("test", upstream, new EcrOptions())], Catalog = catalog, Push = push }];
        _registries = new RegistryPool(
            rules, static (_, _, _) => NoAuth.Instance, _measured.Metrics, Time, loggers,
            _ => new Connections(new HttpMessageInvoker(Registry), new HttpMessageInvoker(Registry)));
        _clients = new ClientParts(
            clients ?? new ClientOptions(), new EcrLogins(new LoginRegistries(rules, _registries)), _measured.Metrics, Time, loggers);
        var manifests = new RepositoryManifests(_cache.Manifests, _cache.Links);
        _blobs = new RepositoryBlobs(_cache.Links);
        _tags = new TagResolver(_cache.Tags, Pushed, manifests, options, Time);
        _digests = new DigestResolver(manifests);
        Prefetch = new Prefetch(_cache.Blobs, _blobs, options, Time, _measured.Metrics, NullLogger<Prefetch>.Instance);
        _upstreams = new Upstreams(rules, _registries);
        var bodies = new ClientBodies(TimeSpan.FromMinutes(1), Time);
        var limits = new ClientLimits(
            limitOptions ?? new LimitOptions(), new LimitReports(_measured.Metrics, Time, NullLogger<LimitReports>.Instance), Time);
        var layers = new LayerPush(bodies, _cache.Pushes, limits, Time, _measured.Metrics);
        Handlers = new Handlers(
            new BlobHandler(_cache.Blobs, _blobs, Prefetch, limits, disk, Time, _measured.Metrics),
            new ManifestHandler(_tags, _digests, Prefetch),
            new ListHandler(),
            new UploadHandler(new UploadBegin(layers, _upstreams, _blobs, _clients.Gate), layers, _blobs, _cache.Pushes),
            new ChangeHandler(bodies, manifests, _cache.Links, _cache.Tags, Pushed, Time, _measured.Metrics));
        Pipeline = new RequestPipeline(new ClientEdge([]), _clients.Gate, limits, Handlers, _upstreams, Time, _measured.Metrics, Log);
    }

    public WatchedTime Time { get; } = new();

    public RegistryStub Registry { get; } = new();

    public PushedTags Pushed { get; }

    public LogOf<RequestPipeline> Log { get; } = new();

    public Handlers Handlers { get; }

    public Prefetch Prefetch { get; }

    public RequestPipeline Pipeline { get; }

    /// <summary>
    /// What the requests since the last call were counted as, each for itself and in alphabetical order:
    /// <c>kind=blob,status=200,outcome=miss</c>.
    /// </summary>
    public string[] Counted()
    {
        const string Name = "fastecr.requests{";
        List<string> counted = [];
        foreach (var line in _measured.Observed().Where(line => line.StartsWith(Name, StringComparison.Ordinal)))
        {
            var end = line.IndexOf('}', StringComparison.Ordinal);
            var (tags, count) = (line[Name.Length..end], int.Parse(line.AsSpan(end + 1), CultureInfo.InvariantCulture));
            counted.AddRange(Enumerable.Repeat(tags, count - _counted.GetValueOrDefault(tags)));
            _counted[tags] = count;
        }

        return [.. counted.Order(StringComparer.Ordinal)];
    }

    /// <summary>Where requests for a repository go.</summary>
    public Destination To(string repository) => _upstreams.Find("", null, Repositories.Parse(repository)).To;

    /// <summary>What has become of the layers fetched ahead so far: <c>started 4, used 3, wasted 0, failed 0</c>.</summary>
    public string Prefetched()
    {
        const string Name = "fastecr.prefetch.";
        var counts = _measured.Observed().Where(line => line.StartsWith(Name, StringComparison.Ordinal));
        return string.Join(", ", counts.Select(line => line[Name.Length..].Replace("{}", "", StringComparison.Ordinal)));
    }

    public Task<ClientExchange> GetAsync(string target, params (string Name, string Value)[] headers) =>
        new ClientExchange("GET", target, headers).ThroughAsync(Pipeline);

    public Task<ClientExchange> HeadAsync(string target, params (string Name, string Value)[] headers) =>
        new ClientExchange("HEAD", target, headers).ThroughAsync(Pipeline);

    /// <summary>Completes when the blob is on disk: a client has its last byte a moment before.</summary>
    public Task StoredAsync(Digest digest) => UntilAsync(() =>
    {
        using var lease = _cache.Blobs.TryOpen(digest);
        return lease is not null;
    });

    /// <summary>Completes when it is so; the test's own time-out is the limit.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _blobs.Dispose();
        _tags.Dispose();
        _digests.Dispose();
        Prefetch.Dispose();
        await _cache.DisposeAsync();
        _registries.Dispose();
        _clients.Dispose();
        _measured.Dispose();
        _directory.Delete(recursive: true);
    }
}
