using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using FastEcrProxy.Transport;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>What stands between the sockets of the data ports and the server, as far as the settings ask for it.</summary>
/// <param name="Balancers">Reads PROXY headers; null: nobody sends any.</param>
/// <param name="Door">Lets connections in, as many as there may be; null: all of them.</param>
/// <param name="Outputs">Take the place of Kestrel's own way to the socket; null leaves that.</param>
/// <param name="Certificates">Those of TLS ports; null: there are none.</param>
internal sealed record ConnectionParts(
    ProxyProtocolConnections? Balancers = null, ConnectionDoor? Door = null, FileOutputs? Outputs = null,
    ServerCertificates? Certificates = null) : IAsyncDisposable
{
    public static ConnectionParts Of(
        ListenOptions options, Disk disk, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers) => new(
        options.ProxyProtocol
            ? new ProxyProtocolConnections(options.TrustedProxies, time, loggers.CreateLogger<ProxyProtocolConnections>())
            : null,
        new ConnectionDoor(options.Connections, options.TrustedProxies, metrics, time, loggers.CreateLogger<ConnectionDoor>()),
        options.FileOutput
            ? new FileOutputs(options.StallTimeout, disk, time, metrics, loggers.CreateLogger<FileOutputs>())
            : null,
        options.IsTls ? new ServerCertificates(options, time, metrics, loggers) : null);

    /// <summary>Begins to look after connections and files.</summary>
    public void Start()
    {
        Outputs?.Start();
        Certificates?.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await (Outputs?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Certificates?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
