using System.Runtime.InteropServices;

namespace FastEcrProxy.Primitives;

/// <summary>So many of something at the same time, in total and for each who wants them. Who waits is served in order.</summary>
/// <remarks>It remembers who has a place or waits for one, and nobody else: its memory has the same bounds.</remarks>
/// <param name="total">Most of all together; 0: no limit.</param>
/// <param name="each">Most for one; 0: no limit.</param>
internal sealed class Places<TKey>(int total, int each)
    where TKey : struct
{
    // More would wait in vain. One alone may not have the whole queue.
    private const int WaitingMost = 1000;
    private const int WaitingEach = WaitingMost / 2;

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, int> _taken = [];
    private readonly LinkedList<Waiter> _waiting = [];

    /// <summary>All that are taken now.</summary>
    public int Taken { get; private set; }

    /// <summary>How many wait for one.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>How many one has now.</summary>
    public int TakenBy(TKey key)
    {
        lock (_gate)
        {
            return _taken.GetValueOrDefault(key);
        }
    }

    /// <summary>Takes one, or says why not.</summary>
    /// <param name="key">Who wants it.</param>
    /// <param name="standsForMany">Whether it is many who come as one: then only the total counts.</param>
    public PlaceAnswer TryTake(TKey key, bool standsForMany = false)
    {
        lock (_gate)
        {
            return Take(key, standsForMany ? 0 : each);
        }
    }

    /// <summary>Takes one, waiting for it; says why not where that takes too long, or where too many wait already.</summary>
    /// <param name="key">Who wants it.</param>
    /// <param name="patience">Longest wait.</param>
    /// <param name="time">The clock of the wait.</param>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask<PlaceAnswer> TakeAsync(TKey key, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        lock (_gate)
        {
            var answer = Take(key, each);
            if (answer is PlaceAnswer.Taken || patience == TimeSpan.Zero || !MayWait(key))
            {
                return ValueTask.FromResult(answer);
            }

            var waiter = _waiting.AddLast(new Waiter(key));
            return WaitAsync(waiter, patience, time, cancel);
        }
    }

    /// <summary>Gives one back; who has waited for it longest gets it.</summary>
    public void Release(TKey key)
    {
        lock (_gate)
        {
            Taken--;
            if (--CollectionsMarshal.GetValueRefOrNullRef(_taken, key) == 0)
            {
                _taken.Remove(key);
            }

            for (var next = _waiting.First; next is not null; next = next.Next)
            {
                if (Take(next.Value.Key, each) is PlaceAnswer.Taken)
                {
                    _waiting.Remove(next);
                    next.Value.Served.SetResult();
                    return; // one was given back, so one is served
                }
            }
        }
    }

    private PlaceAnswer Take(TKey key, int most)
    {
        if (most > 0 && _taken.GetValueOrDefault(key) >= most)
        {
            return PlaceAnswer.TheirsTaken;
        }

        if (total > 0 && Taken >= total)
        {
            return PlaceAnswer.AllTaken;
        }

        Taken++;
        CollectionsMarshal.GetValueRefOrAddDefault(_taken, key, out _)++;
        return PlaceAnswer.Taken;
    }

    private bool MayWait(TKey key) => _waiting.Count < WaitingMost
        && (_waiting.Count < WaitingEach
            || _waiting.Count(waiter => EqualityComparer<TKey>.Default.Equals(waiter.Key, key)) < WaitingEach);

    private async ValueTask<PlaceAnswer> WaitAsync(
        LinkedListNode<Waiter> waiter, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            await waiter.Value.Served.Task.WaitAsync(patience, time, cancel);
            return PlaceAnswer.Taken;
        }
        catch (TimeoutException)
        {
            return GiveUp(waiter);
        }
        catch (OperationCanceledException)
        {
            if (GiveUp(waiter) is PlaceAnswer.Taken)
            {
                Release(waiter.Value.Key); // it came a moment too late
            }

            throw;
        }
    }

    /// <summary>Waits no longer; but a place that came at this moment is taken.</summary>
    private PlaceAnswer GiveUp(LinkedListNode<Waiter> waiter)
    {
        lock (_gate)
        {
            if (waiter.List is null)
            {
                return PlaceAnswer.Taken;
            }

            _waiting.Remove(waiter);
            return each > 0 && _taken.GetValueOrDefault(waiter.Value.Key) >= each ? PlaceAnswer.TheirsTaken : PlaceAnswer.AllTaken;
        }
    }

    /// <summary>Somebody who waits for a place.</summary>
    private sealed class Waiter(TKey key)
    {
        public TKey Key => key;

        public TaskCompletionSource Served { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
