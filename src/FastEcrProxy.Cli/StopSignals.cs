using System.Runtime.InteropServices;

namespace FastEcrProxy.Cli;

/// <summary>
/// SIGTERM and Ctrl-C as a token. The first signal stops in good order; a second one ends the process as it always would.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration _interrupt;

    public StopSignals()
    {
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Take);
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Take);
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>Stops without a signal: the work is done.</summary>
    public Task StopAsync() => _stop.CancelAsync();

    public void Dispose()
    {
        _terminate.Dispose(); // waits for a signal that is being taken
        _interrupt.Dispose();
        _stop.Dispose();
    }

    private void Take(PosixSignalContext signal)
    {
        signal.Cancel = !_stop.IsCancellationRequested;
        _stop.Cancel();
    }
}
