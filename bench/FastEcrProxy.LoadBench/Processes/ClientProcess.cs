using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Processes;

/// <summary>A client that loads servers. What it finds wrong ends the run.</summary>
internal sealed class ClientProcess(int? core) : IAsyncDisposable
{
    private readonly RoleProcess<ClientOrder, ClientAnswer> _role = new("client", core);

    public ProcessTree Tree => _role.Tree;

    /// <exception cref="BenchFailure">An answer was wrong, short or missing.</exception>
    public async Task<ClientAnswer> DoAsync(string server, ClientOrder order, CancellationToken cancel)
    {
        var answer = await _role.AskAsync(order, cancel);
        return answer.Failure is null
            ? answer
            : throw new BenchFailure($"{server}, {answer.Failures} of {order.Connections} connections: {answer.Failure}");
    }

    public ValueTask DisposeAsync() => _role.DisposeAsync();
}
