using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace FastEcrProxy.FunctionalTests.Processes;

/// <summary>The executable, running: its ports, what it prints, and the signals that it is sent.</summary>
internal sealed partial class ProxyProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly TaskCompletionSource<(IPEndPoint Data, IPEndPoint Admin)> _up =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ProxyProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>Everything that it printed, on standard output and standard error.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public IPEndPoint DataAddress { get; private set; } = new(IPAddress.None, 0);

    public IPEndPoint AdminAddress { get; private set; } = new(IPAddress.None, 0);

    public string Url => $"http://{DataAddress}";

    public string AdminUrl => $"http://{AdminAddress}";

    /// <summary>What it holds of the machine's memory now, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts it and waits until it says where it serves.</summary>
    public static async Task<ProxyProcess> StartAsync(
        Executable executable, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var running = new ProxyProcess(executable.Start(environment, arguments));
        await running.UpAsync();
        return running;
    }

    /// <summary>SIGTERM, as from a service manager.</summary>
    public async Task TerminateAsync()
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGKILL, and the end of the process.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitCodeAsync();
    }

    /// <summary>Waits for the end, and for all that was printed.</summary>
    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _reading;
        _process.Dispose();
    }

    /// <summary>The addresses in the line by which a proxy says that it is up; null for every other line.</summary>
    public static (IPEndPoint Data, IPEndPoint Admin)? AddressesIn(string line) => Serving().Match(line) is { Success: true } said
        ? (IPEndPoint.Parse(said.Groups["data"].Value), IPEndPoint.Parse(said.Groups["admin"].Value))
        : null;

    private async Task UpAsync()
    {
        await Task.WhenAny(_up.Task, _reading).WaitAsync(TestContext.Current.CancellationToken);
        if (!_up.Task.IsCompleted)
        {
            var output = string.Join('\n', _lines);
            await DisposeAsync();
            Assert.Fail($"The proxy did not start:\n{output}");
        }

        (DataAddress, AdminAddress) = await _up.Task;
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync(CancellationToken.None) is { } line)
        {
            _lines.Enqueue(line);
            if (AddressesIn(line) is { } addresses)
            {
                _up.TrySetResult(addresses);
            }
        }
    }

    [GeneratedRegex(@"Serving pulls on (?<data>[0-9.:]+), health and metrics on (?<admin>[0-9.:]+)")]
    private static partial Regex Serving();
}
