namespace FastEcrProxy.LocalEcr;

/// <summary>One misbehaviour that was ordered. It ends when used up, released or disposed.</summary>
public sealed class Fault : IDisposable
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RequestKind _kinds;
    private readonly string? _digest;
    private readonly Lock _gate = new();
    private readonly List<(int Times, TaskCompletionSource Came)> _waiters = [];
    private int _left;
    private int _hits;
    private int _reached;

    internal Fault(FaultPlan plan, RequestKind kinds, string? digest, int times) =>
        (Plan, _kinds, _digest, _left) = (plan, kinds, digest, times);

    /// <summary>How many requests it was applied to.</summary>
    public int Hits
    {
        get { lock (_gate) { return _hits; } }
    }

    internal FaultPlan Plan { get; }

    internal Task Released => _released.Task;

    /// <summary>Completes when it has taken effect so many times: so many requests hang, or bodies stand still.</summary>
    public Task ReachedAsync(int times, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (_reached >= times)
            {
                return Task.CompletedTask;
            }

            var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((times, came));
            return came.Task.WaitAsync(cancel);
        }
    }

    /// <summary>Completes when it has taken effect once.</summary>
    public Task ReachedAsync(CancellationToken cancel) => ReachedAsync(1, cancel);

    /// <summary>Lets go of everything that it holds up, and is not applied again.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _left = 0;
        }

        _released.TrySetResult();
    }

    public void Dispose() => Release();

    internal bool TryTake(RequestKind kind, string? digest)
    {
        lock (_gate)
        {
            if (_left == 0 || (_kinds & kind) == 0 || (_digest is not null && _digest != digest))
            {
                return false;
            }

            if (_left != Faults.Always)
            {
                _left--;
            }

            _hits++;
            return true;
        }
    }

    internal void Reach()
    {
        lock (_gate)
        {
            _reached++;
            _waiters.RemoveAll(waiter => waiter.Times <= _reached && waiter.Came.TrySetResult());
        }
    }
}
