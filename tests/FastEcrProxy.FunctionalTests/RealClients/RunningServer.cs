using System.Diagnostics;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>A program that runs beside the test, and its log.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private const int TailLines = 60;
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(2); // dockerd on a busy machine: seconds
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly Process _process;
    private readonly Lock _gate = new();
    private readonly List<string> _log = [];
    private readonly Task _ended;

    public RunningServer(string name, Process process)
    {
        (Name, _process) = (name, process);
        _ended = Task.WhenAll(KeepAsync(process.StandardOutput), KeepAsync(process.StandardError));
    }

    public string Name { get; }

    public IReadOnlyList<string> Log
    {
        get { lock (_gate) { return [.. _log]; } }
    }

    public string LogTail => string.Join('\n', Log.TakeLast(TailLines));

    /// <summary>
    /// Waits until it is ready for work, which nobody but itself knows: the one place where a test looks again and again.
    /// A server that gives up by itself may not run on this machine; that skips the test.
    /// </summary>
    public async Task UntilReadyAsync(Func<bool> isReady)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(LookEvery);
        while (!isReady())
        {
            if (_ended.IsCompleted)
            {
                Tools.Skip($"{Name} does not start on this machine: {Log.LastOrDefault(line => line.Length > 0)}");
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < StartMax, $"{Name} is not ready after {StartMax}:\n{LogTail}");
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Kills it and all that it has started; returns when they are gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        await _ended; // its outputs close when the last process that holds them has gone
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private async Task KeepAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_gate)
            {
                _log.Add(line);
            }
        }
    }
}
