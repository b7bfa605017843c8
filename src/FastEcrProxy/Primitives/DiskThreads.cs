namespace FastEcrProxy.Primitives;

/// <summary>
/// A few threads for calls that wait for a disk, so that the pool's threads, which serve everybody, do not. Started when
/// needed, ended when idle.
/// </summary>
/// <param name="threadsMax">How many calls wait at the same time; more only make a disk seek.</param>
internal sealed class DiskThreads(int threadsMax)
{
    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(10); // a thread costs memory while it waits for work

    private readonly object _gate = new(); // waited on with Monitor, which a Lock has not
    private readonly Queue<(Action Work, TaskCompletionSource Done)> _queue = [];
    private int _threads;
    private int _idle;

    /// <summary>Completes when the work has run. What it throws comes out here.</summary>
    public Task RunAsync(Action work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _queue.Enqueue((work, done));
            if (_idle >= _queue.Count)
            {
                Monitor.Pulse(_gate);
            }
            else if (_threads < threadsMax)
            {
                _threads++;
                new Thread(Serve) { IsBackground = true, Name = "disk" }.Start();
            }
        }

        return done.Task;
    }

    private void Serve()
    {
        while (Next() is var (work, done))
        {
            try
            {
                work();
                done.SetResult();
            }
            catch (Exception failure)
            {
                done.SetException(failure);
            }
        }
    }

    /// <summary>The next piece of work; null: this thread has been idle for long enough and counts no more.</summary>
    private (Action Work, TaskCompletionSource Done)? Next()
    {
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                _idle++;
                var isPulsed = Monitor.Wait(_gate, IdleFor);
                _idle--;
                if (!isPulsed && _queue.Count == 0)
                {
                    _threads--;
                    return null;
                }
            }

            return _queue.Dequeue();
        }
    }
}
