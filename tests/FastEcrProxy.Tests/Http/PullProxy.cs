using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

/// <summary>The pipeline with its real cache in a directory of its own, before a registry in memory. No sockets, no real clock.</summary>
internal sealed class PullProxy : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-http-");
    private readonly MeasuredValues _measured = new();
    private readonly RegistryPool _registries;
    private readonly DiskCache _cache;
    private readonly RepositoryBlobs _blobs;
    private readonly TagResolver _tags;
    private readonly DigestResolver _digests;

    public PullProxy(Func<CacheOptions, CacheOptions>? cacheOptions = null, bool catalog = false)
    {
        var options = new CacheOptions { Directory = _directory.FullName, FreeSpaceBytes = 0 };
        options = cacheOptions?.Invoke(options) ?? options;
        var upstream = new UpstreamOptions { Endpoint = new Uri("http://registry.test"), UsesEcrToken = false };
        var loggers = NullLoggerFactory.Instance;
        var disk = new Disk(Time);
        Pushed = new PushedTags(Time);
        _cache = DiskCache.Open(options, disk, Time, _measured.Metrics, loggers);
        RuleOptions[] rules =
            [new RuleOptions { Registries = [new RegistryOptions("test", upstream, new EcrOptions())], Catalog = catalog }];
        _registries = new RegistryPool(
            rules, static (_, _, _) => NoAuth.Instance, _measured.Metrics, Time, loggers,
            _ => new Connections(new HttpMessageInvoker(Registry), new HttpMessageInvoker(Registry)));
        var manifests = new RepositoryManifests(_cache.Manifests, _cache.Links);
        _blobs = new RepositoryBlobs(_cache.Links);
        _tags = new TagResolver(_cache.Tags, Pushed, manifests, options, Time);
        _digests = new DigestResolver(manifests);
        Handlers = new Handlers(
            new BlobHandler(_cache.Blobs, _blobs, disk, Time, _measured.Metrics),
            new ManifestHandler(_tags, _digests),
            new ListHandler());
        Pipeline = new RequestPipeline(Handlers, new Upstreams(rules, _registries), Time, _measured.Metrics, Log);
    }

    public FakeTimeProvider Time { get; } = new();

    public RegistryStub Registry { get; } = new();

    public PushedTags Pushed { get; }

    public LogOf<RequestPipeline> Log { get; } = new();

    public Handlers Handlers { get; }

    public RequestPipeline Pipeline { get; }

    /// <summary>What the requests since the last call were counted as: <c>kind=blob,status=200,outcome=miss</c>.</summary>
    public string[] Counted() =>
        [.. _measured.Recorded().Where(line => line.StartsWith("fastecr.requests{", StringComparison.Ordinal))
            .Select(line => line["fastecr.requests{".Length..line.IndexOf('}', StringComparison.Ordinal)])];

    public Task<ClientExchange> GetAsync(string target, params (string Name, string Value)[] headers) =>
        new ClientExchange("GET", target, headers).ThroughAsync(Pipeline);

    public Task<ClientExchange> HeadAsync(string target, params (string Name, string Value)[] headers) =>
        new ClientExchange("HEAD", target, headers).ThroughAsync(Pipeline);

    /// <summary>Completes when the blob is on disk: a client has its last byte a moment before.</summary>
    public async Task StoredAsync(Digest digest)
    {
        while (true)
        {
            using var lease = _cache.Blobs.TryOpen(digest);
            if (lease is not null)
            {
                return;
            }

            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _blobs.Dispose();
        _tags.Dispose();
        _digests.Dispose();
        await _cache.DisposeAsync();
        _registries.Dispose();
        _measured.Dispose();
        _directory.Delete(recursive: true);
    }
}
