using System.Diagnostics;
using System.Text.Json;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Processes;

/// <summary>A role of this program, as the conductor sees it: a process that is given a line and gives one back.</summary>
internal sealed class RoleProcess<TOrder, TAnswer> : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _role;

    /// <param name="role">The program's first argument.</param>
    /// <param name="core">The processor that it is kept on.</param>
    public RoleProcess(string role, int? core)
    {
        _role = role;
        var start = core is null
            ? new ProcessStartInfo(Environment.ProcessPath!, [role])
            : new ProcessStartInfo("taskset", ["-c", $"{core}", Environment.ProcessPath!, role]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.Environment["DOTNET_TieredPGO"] = "0"; // nothing is to change its speed in the middle of a round
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0"; // a stand-in that waits is not to take a processor
        _process = Process.Start(start)!;
        Tree = new ProcessTree(_process.Id);
    }

    public ProcessTree Tree { get; }

    public async Task<TAnswer> AskAsync(TOrder order, CancellationToken cancel)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(order).AsMemory(), cancel);
        await _process.StandardInput.FlushAsync(cancel);
        var line = await _process.StandardOutput.ReadLineAsync(cancel)
            ?? throw new BenchFailure($"The {_role} process has ended before its work was done.");
        return JsonSerializer.Deserialize<TAnswer>(line)!;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2), TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
    }
}
