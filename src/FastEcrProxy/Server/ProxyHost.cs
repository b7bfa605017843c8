using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>Runs the proxy as a process does: log, start, wait, drain, exit code.</summary>
internal static partial class ProxyHost
{
    private const int Ended = 0;
    private const int CannotStart = 2;

    /// <summary>Serves until told to stop, then lets running transfers end.</summary>
    /// <param name="settings">Read and checked.</param>
    /// <param name="stop">SIGTERM.</param>
    /// <param name="started">Called when it is up.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(
        ProxySettings settings, CancellationToken stop, Func<ProxyServer, Task>? started = null)
    {
        using var loggers = LoggerFactory.Create(logging => logging.WriteToConsole(settings.Log.Format, settings.Log.Level));
        var logger = loggers.CreateLogger("FastEcrProxy.Server.ProxyHost");
        foreach (var notice in settings.Notices)
        {
            Log.Notice(logger, notice);
        }

        try
        {
            await using var proxy = await ProxyServer.StartAsync(settings, TimeProvider.System, loggers, stop);
            await (started?.Invoke(proxy) ?? Task.CompletedTask);
            await UntilAsync(stop);
            await proxy.DrainAsync(CancellationToken.None);
        }
        catch (StartException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return CannotStart;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // told to stop before it was up
        }

        Log.Stopped(logger);
        return Ended;
    }

    private static async Task UntilAsync(CancellationToken stop)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stop.Register(stopped.SetResult);
        await stopped.Task;
    }

    private static partial class Log
    {
        [LoggerMessage(1002, LogLevel.Warning, "{Notice}")]
        public static partial void Notice(ILogger logger, string notice);

        [LoggerMessage(1003, LogLevel.Information, "Stopped")]
        public static partial void Stopped(ILogger logger);
    }
}
