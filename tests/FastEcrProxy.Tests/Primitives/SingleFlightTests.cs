using FastEcrProxy.Primitives;

namespace FastEcrProxy.Tests.Primitives;

public sealed class SingleFlightTests : IDisposable
{
    private readonly SingleFlight<string, string> _flights = new();
    private readonly TaskCompletionSource<string> _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _flights.Dispose();

    [Fact]
    public async Task CallersOfOneKey_ShareOneRun()
    {
        var callers = Enumerable.Range(0, 100).Select(_ => _flights.RunAsync("a", WorkAsync, Cancel)).ToArray();

        _work.SetResult("done");

        Assert.All(await Task.WhenAll(callers), result => Assert.Equal("done", result));
        Assert.Equal(1, _runs);
        Assert.Equal(0, _flights.Count);
    }

    [Fact]
    public async Task CallersOnManyThreads_NeverSeeTwoRunsAtOnce()
    {
        var running = 0;
        var callers = Enumerable.Range(0, 1000).Select(_ => Task.Run(() => _flights.RunAsync("a", OverlapAsync, Cancel), Cancel));

        var overlaps = await Task.WhenAll(callers);

        Assert.All(overlaps, overlap => Assert.Equal("1", overlap));
        Assert.Equal(0, _flights.Count);

        async Task<string> OverlapAsync(CancellationToken stop)
        {
            var seen = Interlocked.Increment(ref running);
            await Task.Yield();
            Interlocked.Decrement(ref running);
            return $"{seen}";
        }
    }

    [Fact]
    public async Task OtherKey_IsAnotherRun()
    {
        var one = _flights.RunAsync("a", WorkAsync, Cancel);
        var other = _flights.RunAsync("b", WorkAsync, Cancel);

        _work.SetResult("done");
        await Task.WhenAll(one, other);

        Assert.Equal(2, _runs);
    }

    [Fact]
    public async Task CallerWhoLeaves_EndsOnlyItsOwnWait()
    {
        using var leaves = new CancellationTokenSource();
        CancellationToken seen = default;
        var cause = _flights.RunAsync("a", stop => WorkAsync(seen = stop), leaves.Token);
        var other = _flights.RunAsync("a", WorkAsync, Cancel);

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cause);
        Assert.False(seen.IsCancellationRequested);
        Assert.False(other.IsCompleted);

        _work.SetResult("done");
        Assert.Equal("done", await other);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task RunThatEveryoneLeft_CanBeJoinedAgain()
    {
        using var leaves = new CancellationTokenSource();
        _ = _flights.RunAsync("a", WorkAsync, leaves.Token);
        await leaves.CancelAsync();

        var late = _flights.RunAsync("a", WorkAsync, Cancel);
        _work.SetResult("done");

        Assert.Equal("done", await late);
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task CallerWhoHasLeftAlready_StartsNothing()
    {
        var caller = _flights.RunAsync("a", WorkAsync, new CancellationToken(canceled: true));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => caller);
        Assert.Equal(0, _runs);
    }

    [Fact]
    public async Task Failure_ReachesEveryoneAndIsNotKept()
    {
        var cause = _flights.RunAsync("a", WorkAsync, Cancel);
        var other = _flights.RunAsync("a", WorkAsync, Cancel);

        _work.SetException(new IOException("no disk"));

        Assert.Equal("no disk", (await Assert.ThrowsAsync<IOException>(() => cause)).Message);
        Assert.Equal("no disk", (await Assert.ThrowsAsync<IOException>(() => other)).Message);
        Assert.Equal(0, _flights.Count);
        Assert.Equal("again", await _flights.RunAsync("a", _ => Task.FromResult("again"), Cancel));
    }

    [Fact]
    public async Task WorkThatThrowsBeforeItsFirstWait_LeavesNothingBehind()
    {
        var caller = _flights.RunAsync("a", _ => throw new IOException("at once"), Cancel);

        await Assert.ThrowsAsync<IOException>(() => caller);
        Assert.Equal(0, _flights.Count);
    }

    [Fact]
    public async Task WhoeverHasSeenTheResult_StartsAFreshRun()
    {
        for (var i = 0; i < 100; i++)
        {
            await _flights.RunAsync("a", CountAsync, Cancel);
        }

        Assert.Equal(100, _runs);

        async Task<string> CountAsync(CancellationToken stop)
        {
            await Task.Yield();
            return $"{++_runs}";
        }
    }

    [Fact]
    public async Task Disposal_CancelsTheRunAndEveryoneWhoWaits()
    {
        var cause = _flights.RunAsync("a", stop => _work.Task.WaitAsync(stop), Cancel);
        var other = _flights.RunAsync("a", WorkAsync, Cancel);

        _flights.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cause);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        Assert.Equal(0, _flights.Count);
    }

    [Fact]
    public async Task RunAfterDisposal_IsCancelledFromTheStart()
    {
        _flights.Dispose();

        var late = _flights.RunAsync("a", stop => _work.Task.WaitAsync(stop), Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => late);
    }

    private Task<string> WorkAsync(CancellationToken stop)
    {
        _runs++;
        return _work.Task;
    }
}
