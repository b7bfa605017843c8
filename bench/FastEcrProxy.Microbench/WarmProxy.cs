using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using FastEcrProxy.Admin;
using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace FastEcrProxy.Microbench;

/// <summary>The product behind its data port, as <c>serve</c> builds it, with one manifest in its cache and metrics collected.</summary>
internal sealed class WarmProxy : IAsyncDisposable
{
    public const string Name = "team/service";
    public const string Tag = "v1.2.3";

    // As docker sends it.
    public const string Accept =
        "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
        + "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, "
        + "application/vnd.docker.distribution.manifest.v1+prettyjws, application/json, */*";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fep-bench-");
    private readonly ServiceProvider _services;
    private readonly PullPath _pulls;

    public WarmProxy(ILoggerFactory loggers)
    {
        var services = new ServiceCollection();
        AdminServices.Add(services);
        _services = services.BuildServiceProvider();
        _services.GetRequiredService<MeterProvider>();
        _services.GetRequiredService<IStartupValidator>().Validate(); // as a host does at start: from here on it listens

        var settings = new ProxySettings
        {
            Listen = new ListenOptions(),
            AdminAddress = new IPEndPoint(IPAddress.Loopback, 0),
            Cache = new CacheOptions { Directory = _folder.FullName, FreeSpaceBytes = 0, TagFreshness = TimeSpan.FromDays(1) },
            Upstream = new UpstreamOptions { Endpoint = new Uri("http://127.0.0.1:1"), UsesEcrToken = false },
            Ecr = new EcrOptions(),
            Log = new LogOptions(),
        };
        _pulls = new PullPath(
            settings,
            new Disk(TimeProvider.System),
            TimeProvider.System,
            new ProxyMetrics(_services.GetRequiredService<IMeterFactory>()),
            loggers);
        Manifest = Put();
    }

    public StoredManifest Manifest { get; }

    public DiskCache Cache => _pulls.Cache;

    public RequestPipeline Pipeline => _pulls.Pipeline;

    public async ValueTask DisposeAsync()
    {
        await _pulls.DisposeAsync();
        await _services.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private StoredManifest Put()
    {
        var bytes = Encoding.ASCII.GetBytes("{" + new string(' ', 2046) + "}");
        var manifest = new StoredManifest(Digest.Of(bytes), "application/vnd.oci.image.manifest.v1+json", bytes);
        Repository.TryParse(Name, out var name);
        var repository = new RepositoryKey("", name);
        Cache.Manifests.Put(manifest);
        Cache.Links.Add(repository, manifest.Digest);
        Cache.Tags.Put(repository, Tag, AcceptKey.From([Accept]), new TagEntry(manifest.Digest, TimeProvider.System.GetUtcNow()));
        return manifest;
    }
}
