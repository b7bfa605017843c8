using FastEcrProxy.Primitives;

namespace FastEcrProxy.Tests.Primitives;

public sealed class DiskThreadsTests
{
    private const int ThreadsMax = 3;

    private readonly DiskThreads _threads = new(ThreadsMax);

    [Fact]
    public async Task Work_RunsOnAThreadThatIsNotThePools()
    {
        var isPool = true;

        await _threads.RunAsync(() => isPool = Thread.CurrentThread.IsThreadPoolThread);

        Assert.False(isPool);
    }

    [Fact]
    public async Task WorkThatThrows_TellsWhoAskedForItAndNobodyElse()
    {
        var failing = _threads.RunAsync(() => throw new IOException("gone"));
        var other = _threads.RunAsync(() => { });

        var failure = await Assert.ThrowsAsync<IOException>(() => failing);
        await other;

        Assert.Equal("gone", failure.Message);
    }

    [Fact]
    public async Task MoreWorkThanThreads_RunsInTurnAndNeverMoreAtOnce()
    {
        using var release = new SemaphoreSlim(0);
        var (running, most) = (0, 0);
        var works = Enumerable.Range(0, 20).Select(_ => _threads.RunAsync(() =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            release.Wait();
            Interlocked.Decrement(ref running);
        })).ToList();

        release.Release(works.Count);
        await Task.WhenAll(works);

        Assert.InRange(most, 1, ThreadsMax);
        Assert.Equal(0, running);
    }

    [Fact]
    public async Task WorkOneAfterTheOther_NeedsOneThread()
    {
        var threads = new HashSet<int>();

        for (var i = 0; i < 10; i++)
        {
            await _threads.RunAsync(() => threads.Add(Environment.CurrentManagedThreadId));
        }

        Assert.InRange(threads.Count, 1, ThreadsMax); // more than one where one was not yet back when the next work came
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, seen) != seen)
        {
        }
    }
}
