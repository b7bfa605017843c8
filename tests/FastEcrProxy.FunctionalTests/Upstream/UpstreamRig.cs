using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FastEcrProxy.Ecr;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.FunctionalTests.Upstream;

/// <summary>A registry client on real sockets, LocalEcr at the other end, and one image there.</summary>
internal sealed class UpstreamRig : IAsyncDisposable, ILogger<RegistryClient>
{
    public const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    private const int LayerBytes = 3_000_000; // far more than the sockets in between hold

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LocalEcrServer _ecr;
    private readonly Connections _connections;
    private readonly ConcurrentQueue<string> _log = [];

    private UpstreamRig(LocalEcrServer ecr, Func<UpstreamOptions, UpstreamOptions> change, TimeProvider time)
    {
        _ecr = ecr;
        Random.Shared.NextBytes(Layer);
        Local.Content.PutBlob("team/app", Layer);
        Local.Content.PutManifest("team/app", Manifest, MediaType, "1.0", "1.1", "1.2");
        var options = change(new UpstreamOptions
        {
            Endpoint = Local.Registry,
            AllowedRedirectHosts = [Local.Layers.Authority],
        });
        _connections = new Connections(options);
        var tokens = new TokenRefresher(new Minted(Local), time, NullLogger<TokenRefresher>.Instance);
        var metrics = new ProxyMetrics(_services.GetRequiredService<IMeterFactory>());
        Client = new RegistryClient(options, _connections, new EcrAuth(tokens, time), metrics, time, this);
    }

    public static Repository App { get; } = Repository.TryParse("team/app", out var app) ? app : default;

    public static Reference Tag { get; } = Reference.TryParse("1.0", out var tag) ? tag : default;

    public RegistryClient Client { get; }

    public LocalRegion Local => _ecr.Main;

    public byte[] Layer { get; } = new byte[LayerBytes];

    public byte[] Manifest { get; } = """{"schemaVersion":2,"layers":[]}"""u8.ToArray();

    public Digest LayerDigest => Digest.Of(Layer);

    public string LogText => string.Join('\n', _log);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<UpstreamRig> StartAsync(
        Func<UpstreamOptions, UpstreamOptions>? change = null, LocalEcrOptions? local = null, TimeProvider? time = null) =>
        new(await LocalEcrServer.StartAsync(local, Cancel), change ?? (options => options), time ?? TimeProvider.System);

    public ValueTask<Fetched<FastEcrProxy.Oci.StoredManifest>> GetManifestAsync() => Client.GetManifestAsync(App, Tag, [MediaType], Cancel);

    public BlobSource Source() => Client.BlobsOf(App, LayerDigest);

    /// <summary>The layer from an offset to its end, or the exception that the body ended with.</summary>
    public async Task<(byte[] Bytes, Exception? Cut)> ReadAsync(BlobSource source, long offset = 0)
    {
        var (body, failure) = await source.OpenAsync(offset, null, Cancel);
        Assert.True(body is not null, failure?.Reason);
        return await ReadAsync(body);
    }

    /// <summary>All of a body, or the exception that it ended with.</summary>
    public static async Task<(byte[] Bytes, Exception? Cut)> ReadAsync(BlobBody body)
    {
        using (body)
        {
            var bytes = new MemoryStream();
            var buffer = new byte[100_000];
            try
            {
                while (await body.Bytes.ReadAsync(buffer, Cancel) is > 0 and var read)
                {
                    bytes.Write(buffer, 0, read);
                }
            }
            catch (Exception cut)
            {
                return (bytes.ToArray(), cut);
            }

            return (bytes.ToArray(), null);
        }
    }

    /// <summary>Which tokens the registry saw, in order.</summary>
    public IEnumerable<string?> TokensSeen() =>
        Local.Counters.Log.Where(entry => entry.Origin is OriginName.Registry).Select(entry => entry.TokenId);

    public async ValueTask DisposeAsync()
    {
        Assert.DoesNotContain(Local.Counters.Log, entry => entry.Origin is OriginName.Layers && entry.HasAuthorization);
        Assert.DoesNotContain("X-Amz-", LogText, StringComparison.Ordinal);
        Assert.DoesNotContain("Basic ", LogText, StringComparison.Ordinal);
        _connections.Dispose();
        await _ecr.DisposeAsync();
        await _services.DisposeAsync();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");

    /// <summary>Tokens straight from LocalEcr: its control plane is the Ecr folder's to test.</summary>
    private sealed class Minted(LocalRegion region) : IEcrApi
    {
        public Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel)
        {
            var token = region.MintToken();
            return Task.FromResult<(EcrToken?, EcrFailure?)>(
                (new EcrToken("Basic " + token.Authorization, token.ExpiresAt, region.Registry), null));
        }
    }
}
