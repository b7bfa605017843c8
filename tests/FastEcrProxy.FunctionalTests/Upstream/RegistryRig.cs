using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RequestKind = FastEcrProxy.LocalEcr.RequestKind;

namespace FastEcrProxy.FunctionalTests.Upstream;

/// <summary>A registry client on real sockets, and at the other end a registry that is no private ECR, with one image there.</summary>
internal sealed class RegistryRig : IAsyncDisposable, ILogger<RegistryClient>
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly LocalEcrServer _server;
    private readonly Connections _connections;
    private readonly EcrTokens _tokens;
    private readonly ConcurrentQueue<string> _log = [];

    private RegistryRig(LocalEcrServer server, Func<LocalRegistry, RegistryAuthOptions> auth, TimeProvider time)
    {
        _server = server;
        Local.Content.PutBlob("team/app", Layer);
        Local.Content.PutManifest("team/app", Manifest, UpstreamRig.MediaType, "1.0");
        var options = new UpstreamOptions
        {
            Endpoint = Local.Registry,
            Auth = auth(Local),
            AllowedRedirectHosts = Local.Origin(OriginName.Layers) is { } layers ? [layers.Address.Authority] : [],
            FirstByteTimeout = ProxyUnderTest.Patience,
        };
        _connections = new Connections(options);
        _tokens = new EcrTokens(_ => new UserOfTheRegistry(Local), time, NullLogger<TokenRefresher>.Instance);
        var metrics = new ProxyMetrics(_services.GetRequiredService<IMeterFactory>());
        var shown = new RegistryAuths(_tokens, metrics, time, this).Of(options, new EcrOptions(), _connections);
        Client = new RegistryClient(options, _connections, shown, metrics, time, this);
    }

    public RegistryClient Client { get; }

    public LocalRegistry Local => _server.Registries[0];

    public byte[] Layer { get; } = Encoding.ASCII.GetBytes(new string('l', 100_000));

    public byte[] Manifest { get; } = """{"schemaVersion":2,"layers":[]}"""u8.ToArray();

    public Digest LayerDigest => Digest.Of(Layer);

    public string LogText => string.Join('\n', _log);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<RegistryRig> StartAsync(
        LocalRegistryOptions registry, Func<LocalRegistry, RegistryAuthOptions> auth, TimeProvider? time = null) =>
        new(
            await LocalEcrServer.StartAsync(new LocalEcrOptions { Registries = [registry] }, Cancel), auth, time ?? TimeProvider.System);

    public ValueTask<Fetched<FastEcrProxy.Oci.StoredManifest>> GetManifestAsync() =>
        Client.GetManifestAsync(UpstreamRig.App, UpstreamRig.Tag, [UpstreamRig.MediaType], Cancel);

    public async Task<byte[]> GetLayerAsync()
    {
        var (body, failure) = await Client.BlobsOf(UpstreamRig.App, LayerDigest).OpenAsync(0, null, Cancel);
        Assert.True(body is not null, failure?.Reason);
        using (body)
        {
            var bytes = new byte[Layer.Length];
            await body.Bytes.ReadExactlyAsync(bytes, Cancel);
            return bytes;
        }
    }

    /// <summary>How often the token service was asked.</summary>
    public long TokensAsked => Local.Counters.Requests(RequestKind.GetBearerToken);

    /// <summary>Which tokens the registry itself saw, in order: <c>-</c> for none.</summary>
    public IEnumerable<string> TokensSeen() => Local.Counters.Log
        .Where(entry => entry.Origin is OriginName.Registry && entry.Kind is not RequestKind.GetBearerToken)
        .Select(entry => entry.TokenId ?? "-");

    public async ValueTask DisposeAsync()
    {
        Assert.DoesNotContain(Local.Counters.Log, entry => entry.Origin is OriginName.Layers && entry.HasAuthorization);
        Assert.DoesNotContain(Local.Password, LogText, StringComparison.Ordinal);
        Assert.DoesNotContain("Basic ", LogText, StringComparison.Ordinal);
        Assert.DoesNotContain("Bearer ", LogText, StringComparison.Ordinal);
        await _tokens.DisposeAsync();
        _connections.Dispose();
        await _server.DisposeAsync();
        await _services.DisposeAsync();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");

    /// <summary>What AWS would give for the registry's user.</summary>
    private sealed class UserOfTheRegistry(LocalRegistry registry) : IEcrApi
    {
        public Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel)
        {
            var secret = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{registry.User}:{registry.Password}"));
            var expires = TimeProvider.System.GetUtcNow().AddHours(12);
            return Task.FromResult<(EcrToken?, EcrFailure?)>((new EcrToken("Basic " + secret, expires, null), null));
        }
    }
}
