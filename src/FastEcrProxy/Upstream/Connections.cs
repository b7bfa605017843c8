using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>The connections to both kinds of peer: the registry, which sees the token, and the layer store, which never does.</summary>
internal sealed class Connections : IDisposable
{
    // Many small answers: what is waited for is the registry, never a free connection.
    private const int RegistryConnectionsMax = 512;

    // One per layer that is being fetched, and several for readers far apart; file descriptors are the real bound.
    private const int LayerConnectionsMax = 2048;

    private const int HeadersKilobytesMax = 64; // the redirect of a layer is some 2 KB; a megabyte of headers is an attack
    private const int DrainBytesMax = 256 << 10; // reading this much to its end is cheaper than a new TLS connection

    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(1); // as above: longer, and a new connection is cheaper

    // ECR and S3 move between addresses: a connection kept for good would miss it.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    // Below the peers' own limits (load balancers 60 s, S3 about 20 s): who reuses a connection that the peer gives up pays a retry.
    private static readonly TimeSpan RegistryIdle = TimeSpan.FromSeconds(50);
    private static readonly TimeSpan LayersIdle = TimeSpan.FromSeconds(15);

    /// <param name="options">Time-outs, and whose certificates are trusted.</param>
    /// <param name="time">The clock of what the framework does not time itself; null: the system's.</param>
    public Connections(UpstreamOptions options, TimeProvider? time = null)
        : this(
            new HttpMessageInvoker(RegistryHandler(options, time ?? TimeProvider.System)),
            new HttpMessageInvoker(Handler(options, LayerConnectionsMax, LayersIdle, static stream => stream)))
    {
    }

    /// <summary>With handlers of one's own: tests.</summary>
    public Connections(HttpMessageInvoker registry, HttpMessageInvoker layers) => (Registry, Layers) = (registry, layers);

    public HttpMessageInvoker Registry { get; }

    public HttpMessageInvoker Layers { get; }

    /// <summary>Connections to who is neither, with the same manners: nothing is followed, shown or unpacked. The caller's own.</summary>
    public static HttpMessageInvoker ToOthers(UpstreamOptions options, int connectionsMax, TimeSpan idle) =>
        new(Handler(options, connectionsMax, idle, static stream => stream));

    public void Dispose()
    {
        Registry.Dispose();
        Layers.Dispose();
    }

    /// <summary>The registry is sent layers, too, and may refuse them before it has them.</summary>
    private static SocketsHttpHandler RegistryHandler(UpstreamOptions options, TimeProvider time)
    {
        var handler = Handler(
            options, RegistryConnectionsMax, RegistryIdle, stream => new TimedWrites(stream, options.IdleTimeout, time));
        handler.PlaintextStreamFilter = static (connection, _) => new(new EarlyAnswers(connection.PlaintextStream));
        return handler;
    }

    private static SocketsHttpHandler Handler(
        UpstreamOptions options, int connectionsMax, TimeSpan idle, Func<NetworkStream, Stream> above) => new()
    {
        AllowAutoRedirect = false, // redirects are checked, and followed without the token
        AutomaticDecompression = DecompressionMethods.None, // a digest names the bytes as sent
        UseCookies = false, // nobody's session
        Credentials = null, // the token is the only credential, and set per request
        PreAuthenticate = false,
        UseProxy = true,
        Proxy = OutboundProxy.Instance, // HTTPS_PROXY and NO_PROXY, as everything else on the machine
        ConnectCallback = (to, cancel) => ConnectAsync(to, above, cancel),
        ConnectTimeout = options.ConnectTimeout,
        MaxConnectionsPerServer = connectionsMax,
        PooledConnectionLifetime = Lifetime,
        PooledConnectionIdleTimeout = idle,
        MaxResponseHeadersLength = HeadersKilobytesMax,
        MaxResponseDrainSize = DrainBytesMax,
        ResponseDrainTimeout = DrainTimeout,
        ActivityHeadersPropagator = null, // no trace headers: neither peer reads them, and a presigned request has no room
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = CertificateCheck.With(options.ExtraCertificates),
        },
    };

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext to, Func<NetworkStream, Stream> above, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            var (host, port) = (to.DnsEndPoint.Host, to.DnsEndPoint.Port);
            var addresses = await (ClientNamedHosts.IsFor(to)
                ? ClientNamedHosts.ResolveAsync(host, cancel)
                : MetadataAddresses.ResolveAsync(host, cancel)); // should a name get past those who check names
            await socket.ConnectAsync(addresses, port, cancel);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var stream = above(new NetworkStream(socket, ownsSocket: true));
        return to.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps ? new LargeReads(stream) : stream;
    }
}
