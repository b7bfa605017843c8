using System.Net;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Transport;

/// <summary>
/// Takes the PROXY header off connections that come from a balancer, before anything else reads them: from then on their remote
/// address is the client's own. To connections from elsewhere it does nothing.
/// </summary>
/// <remarks>
/// A balancer's connection may come without a header: probes of an orchestrator and callers inside a trusted network are no
/// balancers. That gives nothing away, since who reaches the port from there could say anything in a header.
/// </remarks>
/// <param name="balancers">The networks that are believed.</param>
/// <param name="time">The clock of the waits.</param>
/// <param name="logger">Told of headers that make no sense, now and then.</param>
internal sealed partial class ProxyProtocolConnections(
    IReadOnlyList<IPNetwork> balancers, TimeProvider time, ILogger<ProxyProtocolConnections> logger)
{
    /// <summary>A balancer has all of its header when it connects; what takes longer than a lost packet or two is none.</summary>
    internal static readonly TimeSpan HeaderTimeout = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LogPause = TimeSpan.FromMinutes(1);

    private readonly Seldom _told = new(LogPause, time); // a balancer that is set up wrongly does it with every connection

    /// <summary>One connection, from accepted to closed.</summary>
    public Task RunAsync(ConnectionContext connection, ConnectionDelegate next) =>
        connection.RemoteEndPoint is IPEndPoint peer && Addresses.IsIn(peer.Address, balancers)
            ? ReadAsync(connection, peer, next)
            : next(connection);

    private async Task ReadAsync(ConnectionContext connection, IPEndPoint peer, ConnectionDelegate next)
    {
        var (header, reason) = await HeaderAsync(connection);
        if (reason is not null && _told.TryPass(out var count))
        {
            Log.Refused(logger, peer, reason, count - 1);
        }

        if (header is not { } read)
        {
            connection.Abort(new ConnectionAbortedException("No PROXY header that makes sense."));
            return;
        }

        connection.RemoteEndPoint = read.Source ?? connection.RemoteEndPoint;
        await next(connection);
    }

    /// <summary>The header, or none with the reason for which the connection is to end; no reason is worth no word.</summary>
    private async Task<(ProxyHeader? Header, string? Reason)> HeaderAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var anything = false;
        using var limit = new CancellationTokenSource(HeaderTimeout, time);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(limit.Token);
                var header = ProxyProtocol.Read(read.Buffer);
                switch (header.Kind)
                {
                    case ProxyHeaderKind.Present or ProxyHeaderKind.Absent:
                        var end = read.Buffer.GetPosition(header.Length);
                        input.AdvanceTo(end, end); // what comes after it is for the next reader, now
                        return (header, null);
                    case ProxyHeaderKind.Malformed:
                        return (null, "a header that makes no sense");
                    case ProxyHeaderKind.Incomplete when read.IsCompleted:
                        return (null, read.Buffer.IsEmpty ? null : "half of a header"); // a TCP health check says nothing
                }

                anything |= !read.Buffer.IsEmpty;
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return (null, anything ? $"half of a header within {HeaderTimeout.TotalSeconds} s" : null);
        }
        catch (IOException)
        {
            return (null, null); // the other side has left
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            7010, LogLevel.Warning,
            "{Peer}, one of Listen.TrustedProxies, sent {Reason} of the PROXY protocol: closed, as were {Others} since the last such line")]
        public static partial void Refused(ILogger logger, IPEndPoint peer, string reason, long others);
    }
}
