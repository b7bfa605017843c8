using BenchmarkDotNet.Attributes;
using FastEcrProxy.Cache;

namespace FastEcrProxy.Microbench;

/// <summary>
/// Question: what does it cost to tell readers of a fill that bytes have come, and is it worth waking each one by itself over one
/// task that wakes them all?
/// </summary>
/// <remarks>One operation: 64 KiB arrive, and every reader at the frontier has woken and waits for the next ones.</remarks>
[MemoryDiagnoser]
public class FillWakeUp
{
    private const int ArrivalBytes = 64 << 10;
    private const long Length = 1L << 50; // never reached

    private readonly CancellationTokenSource _stop = new();
    private BlobFill _fill = null!;
    private FillClaim _claim = null!;
    private SharedTask _shared = null!;
    private Task[] _readers = [];
    private int _woken;

    /// <summary>Readers that wait for the next byte.</summary>
    [Params(1, 10, 1000)]
    public int Readers { get; set; }

    [GlobalSetup(Target = nameof(EachByItself))]
    public void OpenFill()
    {
        _fill = new BlobFill(readAheadBytes: long.MaxValue);
        _fill.Open(File.OpenHandle("/dev/null"), Length, new PresentRanges());
        _claim = _fill.NextClaim()!;
        _readers = [.. Enumerable.Range(0, Readers).Select(_ => Task.Run(() =>
            ReadAsync((offset, cancel) => _fill.ReadableAsync(offset, seesLast: false, cancel))))];
        AwaitAll();
    }

    [GlobalSetup(Target = nameof(OneTaskForAll))]
    public void OpenShared()
    {
        _shared = new SharedTask();
        _readers = [.. Enumerable.Range(0, Readers).Select(_ => Task.Run(() => ReadAsync(_shared.ReadableAsync)))];
        AwaitAll();
    }

    [GlobalCleanup]
    public void Stop()
    {
        _stop.Cancel();
        try
        {
            Task.WaitAll(_readers);
        }
        catch (AggregateException)
        {
            // cancelled, as they should be
        }
    }

    [Benchmark]
    public void EachByItself()
    {
        Volatile.Write(ref _woken, 0);
        _fill.Arrived(_claim, ArrivalBytes);
        AwaitAll();
    }

    [Benchmark(Baseline = true)]
    public void OneTaskForAll()
    {
        Volatile.Write(ref _woken, 0);
        _shared.Arrive(ArrivalBytes);
        AwaitAll();
    }

    private void AwaitAll()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _woken) < Readers)
        {
            spin.SpinOnce();
        }
    }

    private async Task ReadAsync(Func<long, CancellationToken, ValueTask<long>> readable)
    {
        long offset = 0;
        while (true)
        {
            var next = readable(offset, _stop.Token);
            Interlocked.Increment(ref _woken); // from here on it waits
            offset += await next;
        }
    }

    /// <summary>The simplest thing that is right: everybody waits on one task, and looks when it completes.</summary>
    private sealed class SharedTask
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _length;

        public void Arrive(int bytes)
        {
            TaskCompletionSource changed;
            lock (_gate)
            {
                _length += bytes;
                changed = _changed;
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed.SetResult();
        }

        public async ValueTask<long> ReadableAsync(long offset, CancellationToken cancel)
        {
            while (true)
            {
                Task changed;
                lock (_gate)
                {
                    if (_length > offset)
                    {
                        return _length - offset;
                    }

                    changed = _changed.Task;
                }

                await changed.WaitAsync(cancel);
            }
        }
    }
}
