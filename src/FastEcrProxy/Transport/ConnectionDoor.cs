using System.Net;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Transport;

/// <summary>
/// Lets in as many connections as there may be, in total and from one address; what is over is reset before it costs anything.
/// </summary>
/// <param name="limits">How many.</param>
/// <param name="balancers">Networks whose connections are many clients': of them only the total counts.</param>
/// <param name="metrics">Told of those that are not let in.</param>
/// <param name="time">For the log, which is told of them now and then only.</param>
/// <param name="logger">The same.</param>
internal sealed partial class ConnectionDoor(
    ConnectionLimits limits, IReadOnlyList<IPNetwork> balancers, ProxyMetrics metrics, TimeProvider time, ILogger<ConnectionDoor> logger)
{
    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private readonly Places<AddressKey> _places = new(limits.Total, limits.PerAddress);
    private readonly Seldom _told = new(TellEvery, time);

    /// <summary>Connections that are in now.</summary>
    public int Count => _places.Taken;

    /// <summary>
    /// One connection, from accepted to closed. Its address is the one that it has now: who comes before may have changed it.
    /// </summary>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var address = (connection.RemoteEndPoint as IPEndPoint)?.Address;
        var from = AddressKey.Of(address);
        var answer = _places.TryTake(from, standsForMany: address is not null && Addresses.IsIn(address, balancers));
        if (answer is not PlaceAnswer.Taken)
        {
            Refuse(connection, answer);
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            _places.Release(from);
        }
    }

    private void Refuse(ConnectionContext connection, PlaceAnswer answer)
    {
        var isTheirs = answer is PlaceAnswer.TheirsTaken;
        metrics.Limited(isTheirs ? Limit.AddressConnections : Limit.Connections);
        if (_told.TryPass(out var count))
        {
            Log.TooMany(
                logger, connection.RemoteEndPoint?.ToString(), isTheirs ? "Limits.ConnectionsPerAddress" : "Limits.Connections",
                isTheirs ? limits.PerAddress : limits.Total, count);
        }

        connection.Abort(new ConnectionAbortedException("There are too many connections."));
    }

    private static partial class Log
    {
        [LoggerMessage(
            7020, LogLevel.Warning,
            "A connection from {Client} was closed: there are {Most} already ({Limit}). "
            + "{Count} have been closed since the last such line")]
        public static partial void TooMany(ILogger logger, string? client, string limit, int most, long count);
    }
}
