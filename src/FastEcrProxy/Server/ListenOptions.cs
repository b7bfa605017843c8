using System.Net;
using FastEcrProxy.Transport;

namespace FastEcrProxy.Server;

/// <summary>The port where clients pull.</summary>
internal sealed record ListenOptions
{
    public IPEndPoint Address { get; init; } = new(IPAddress.Any, 5000);

    /// <summary>Makes the port HTTPS; null: plain HTTP.</summary>
    public ServerCertificate? Certificate { get; init; }

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
}
