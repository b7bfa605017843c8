using System.Net;

namespace FastEcrProxy.Server;

/// <summary>The port where clients pull.</summary>
internal sealed record ListenOptions
{
    public IPEndPoint Address { get; init; } = new(IPAddress.Any, 5000);

    /// <summary>Makes the port HTTPS; null: plain HTTP.</summary>
    public ServerCertificate? Certificate { get; init; }

    /// <summary>How long running transfers may go on after SIGTERM. Default 30 s: then Kubernetes kills.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(30);
}
