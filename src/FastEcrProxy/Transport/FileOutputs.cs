using System.Collections.Concurrent;
using System.IO.Pipelines;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Transport;

/// <summary>
/// Gives every connection of a port its <see cref="FileOutput"/>, and breaks those off whose client takes nothing for too long.
/// </summary>
/// <remarks>The server's own limit on the rate of answers cannot be used with it: the server does not see these bytes.</remarks>
/// <param name="stallTimeout">How long a client may take nothing of what waits for it. Slow ones that take a little may stay.</param>
/// <param name="disk">Where files are read that are not in memory.</param>
/// <param name="time">The clock of the waits.</param>
/// <param name="metrics">Told of clients that were broken off.</param>
/// <param name="logger">The same.</param>
internal sealed partial class FileOutputs(
    TimeSpan stallTimeout, Disk disk, TimeProvider time, ProxyMetrics metrics, ILogger<FileOutputs> logger) : IAsyncDisposable
{
    private const int LooksPerTimeout = 8; // a stall ends at most two such parts of the time-out late: the first look only begins to count

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentDictionary<FileOutput, ConnectionContext> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Connections that have one now.</summary>
    public int Count => _open.Count;

    /// <summary>Begins to look for clients that stand still.</summary>
    public void Start() => _watching = WatchAsync();

    /// <summary>One connection, from accepted to closed.</summary>
    /// <param name="connection">On a socket.</param>
    /// <param name="next">What the server does with it.</param>
    /// <param name="takesFiles">Whether what the server writes is what goes over the wire: not so under TLS.</param>
    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, bool takesFiles)
    {
        var socket = connection.Features.Get<IConnectionSocketFeature>()!.Socket;
        var original = connection.Transport;
        var output = new FileOutput(socket, connection, disk, time);
        connection.Features.Set<IOutputEnd>(output);
        if (takesFiles && Libc.IsThere)
        {
            connection.Features.Set<IFileOutput>(output);
        }

        connection.Transport = new Halves(original.Input, output);
        _open.TryAdd(output, connection);
        try
        {
            await next(connection);
        }
        finally
        {
            _open.TryRemove(output, out _);
            connection.Transport = original; // which closes the socket, when nothing more is to be sent
            output.Complete();
        }
    }

    /// <summary>One look at all connections; how long the longest of them has stood still.</summary>
    internal TimeSpan Look()
    {
        var longest = TimeSpan.Zero;
        foreach (var (output, connection) in _open)
        {
            var stalled = output.Progress.Look();
            longest = stalled > longest ? stalled : longest;
            if (stalled >= stallTimeout && output.TryBreakAsStalled())
            {
                metrics.ClientStalled();
                Log.Stalled(logger, connection.RemoteEndPoint?.ToString(), stallTimeout.TotalSeconds);
            }
        }

        return longest;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        var pause = stallTimeout / LooksPerTimeout;
        using var timer = new PeriodicTimer(pause > ShortestPause ? pause : ShortestPause, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Look();
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            7000, LogLevel.Information,
            "{Client} took nothing for {Seconds} s (Listen.StallTimeout): broken off; it will come back for the rest if it can")]
        public static partial void Stalled(ILogger logger, string? client, double seconds);
    }

    /// <summary>The server's view of the connection: it reads as before, and writes straight to the socket.</summary>
    private sealed class Halves(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
