using System.Diagnostics;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>A server program, running. It writes to its log file itself: nobody reads along and costs time.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int SignalTerminate = 15;
    private const int SignalKill = 9;
    private const string LogVariable = "LOADBENCH_LOG";
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private ServerProcess(Process process, string logFile) =>
        (_process, LogFile, Tree) = (process, logFile, new ProcessTree(process.Id));

    public ProcessTree Tree { get; }

    public string LogFile { get; }

    /// <summary>When it was started, on the machine's monotonic clock.</summary>
    public long StartedAt { get; private init; }

    /// <summary>Where the ids of all that was started are written, for whoever cleans up after a conductor that was killed.</summary>
    public static string? IdsFile { get; set; }

    /// <param name="command">Program and arguments.</param>
    /// <param name="environment">All of it; what this machine has set stays out.</param>
    /// <param name="core">The processor that it is kept on.</param>
    /// <param name="logFile">Both its outputs; appended to.</param>
    public static ServerProcess Start(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string> environment, int? core, string logFile)
    {
        string[] pin = core is null ? [] : ["taskset", "-c", $"{core}"];
        var script = $"exec \"$@\" >>\"${LogVariable}\" 2>&1 </dev/null";
        var start = new ProcessStartInfo("/bin/sh", ["-c", script, "sh", .. pin, .. command]);
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment[LogVariable] = logFile;
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var startedAt = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        if (IdsFile is not null)
        {
            File.AppendAllText(IdsFile, $"{process.Id}\n");
        }

        return new ServerProcess(process, logFile) { StartedAt = startedAt };
    }

    /// <summary>Completes when it ends, by itself or not.</summary>
    public Task EndedAsync(CancellationToken cancel) => _process.WaitForExitAsync(cancel);

    /// <summary>The last lines that it wrote.</summary>
    public string LogTail => string.Join(" / ", ProcFile.Lines(LogFile).TakeLast(3));

    /// <summary>SIGTERM, and after a while SIGKILL, to all of it.</summary>
    public async ValueTask DisposeAsync()
    {
        var all = Tree.Ids;
        _ = Libc.Kill(_process.Id, SignalTerminate);
        using var patience = new CancellationTokenSource(PatienceMax, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            foreach (var id in all)
            {
                _ = Libc.Kill(id, SignalKill);
            }

            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
