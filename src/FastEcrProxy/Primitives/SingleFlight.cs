namespace FastEcrProxy.Primitives;

/// <summary>Makes many simultaneous askers of one thing cost one run: the first starts it, the others wait for its result.</summary>
/// <remarks>
/// The run belongs to none of its askers: it goes on when they leave. A result is never kept; who asks after the run has
/// ended starts another. A failure reaches everyone who waits. Disposing cancels the runs in progress.
/// </remarks>
internal sealed class SingleFlight<TKey, TResult> : IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Task<TResult>> _running = [];
    private readonly CancellationTokenSource _stop = new(); // has no timer: nothing to give back

    /// <summary>Runs in progress.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    /// <summary>The result of the run for this key, started with <paramref name="work"/> where there is none.</summary>
    /// <param name="key">What is asked for.</param>
    /// <param name="work">Gets a token that is cancelled only when this object is disposed.</param>
    /// <param name="cancel">Ends this caller's wait, never the run.</param>
    public Task<TResult> RunAsync(TKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
        {
            return Task.FromCanceled<TResult>(cancel);
        }

        // Waiters go on elsewhere: a slow one must not hold up the run's end for the others.
        var end = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_running.TryGetValue(key, out var running))
            {
                return running.WaitAsync(cancel);
            }

            _running.Add(key, end.Task);
        }

        _ = LeadAsync(key, work, end);
        return end.Task.WaitAsync(cancel);
    }

    /// <summary>Twice is harmless. A run that is asked for later finds its token cancelled.</summary>
    public void Dispose() => _stop.Cancel();

    private async Task LeadAsync(TKey key, Func<CancellationToken, Task<TResult>> work, TaskCompletionSource<TResult> end)
    {
        try
        {
            var result = await work(_stop.Token);
            Forget(key);
            end.SetResult(result);
        }
        catch (OperationCanceledException stopped)
        {
            Forget(key);
            end.SetCanceled(stopped.CancellationToken);
        }
        catch (Exception failure)
        {
            Forget(key);
            end.SetException(failure);
            _ = end.Task.Exception; // seen here, in case everyone who waited has left
        }
    }

    /// <summary>Before the result is told, so that whoever has seen it and asks again gets a fresh run.</summary>
    private void Forget(TKey key)
    {
        lock (_gate)
        {
            _running.Remove(key);
        }
    }
}
