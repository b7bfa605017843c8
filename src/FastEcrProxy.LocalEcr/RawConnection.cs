using Microsoft.AspNetCore.Connections;

namespace FastEcrProxy.LocalEcr;

/// <summary>The TCP connection below a request, for endings that HTTP itself would not allow.</summary>
internal sealed class RawConnection(ConnectionContext connection)
{
    /// <summary>Sends everything written so far, then a clean FIN, whatever Content-Length promised.</summary>
    public async Task FinishAsync()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = connection.ConnectionClosed.Register(closed.SetResult);
        await connection.Transport.Output.CompleteAsync();
        await closed.Task;
    }
}
