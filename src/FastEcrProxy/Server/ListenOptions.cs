using System.Net;
using FastEcrProxy.Transport;

namespace FastEcrProxy.Server;

/// <summary>The ports where clients pull, and what stands before HTTP there.</summary>
internal sealed record ListenOptions
{
    public IPEndPoint Address { get; init; } = new(IPAddress.Any, 5000);

    /// <summary>Make the port HTTPS, each for the names that stand in it; the first for all others. Empty: plain HTTP.</summary>
    public IReadOnlyList<ServerCertificate> Certificates { get; init; } = [];

    /// <summary>A second port without TLS beside one with it; null: none.</summary>
    public IPEndPoint? PlainAddress { get; init; }

    /// <summary>
    /// Whether TLS ports offer HTTP/2. Default false: containerd resumes a cut layer on HTTP/1.1 only, and one connection
    /// for all layers is slower than one for each.
    /// </summary>
    public bool Http2 { get; init; }

    /// <summary>How long clients that came by TLS are to come by nothing else; null: not told.</summary>
    public TimeSpan? Hsts { get; init; }

    /// <summary>Whose certificates clients may show on TLS ports; null: nobody is asked for one.</summary>
    public ClientAuthority? ClientAuthority { get; init; }

    /// <summary>The networks of the balancers before the proxy, which are believed when they say who the client is.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Whether connections from <see cref="TrustedProxies"/> may begin with a PROXY header. Default false.</summary>
    public bool ProxyProtocol { get; init; }

    /// <summary>
    /// How long a client may take nothing of what waits for it, or send nothing of what it pushes. Default 60 s: a runtime
    /// that unpacks while it reads stands still for as long as its disk is busy; one that moves a few bytes may stay.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether answers go straight to the socket, and files by sendfile where there is no TLS. Default true; false takes the
    /// server's own way, which copies.
    /// </summary>
    public bool FileOutput { get; init; } = true;

    /// <summary>How many connections there may be, and how long one may do nothing.</summary>
    public ConnectionLimits Connections { get; init; } = new();

    /// <summary>How long running transfers may go on after SIGTERM. Default 30 s: then Kubernetes kills.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);

    public bool IsTls => Certificates.Count > 0;
}
