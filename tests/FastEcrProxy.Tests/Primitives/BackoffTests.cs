using CsCheck;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Primitives;

public sealed class BackoffTests
{
    private const long DecadeTicks = 10 * 365 * TimeSpan.TicksPerDay;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 400)]
    [InlineData(3, 800)]
    [InlineData(6, 6_400)]
    [InlineData(7, 10_000)]
    [InlineData(8, 10_000)]
    [InlineData(1_000, 10_000)]
    [InlineData(int.MaxValue, 10_000)]
    [InlineData(0, 200)]
    [InlineData(int.MinValue, 200)]
    public void Bound_DoublesUpToTheLongest(int attempt, int boundMilliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(boundMilliseconds), Backoff.Delay(attempt, First, Longest, chance: 1));

    [Fact]
    public void Delay_IsItsShareOfTheBound()
    {
        Assert.Equal(TimeSpan.Zero, Backoff.Delay(3, First, Longest, chance: 0));
        Assert.Equal(TimeSpan.FromMilliseconds(400), Backoff.Delay(3, First, Longest, chance: 0.5));
    }

    [Fact]
    public void AnyDelay_IsWithinItsBounds() =>
        Gen.Select(Gen.Int, Gen.Double[0, 1], Gen.Long[0, DecadeTicks], Gen.Long[0, DecadeTicks]).Sample(
            (attempt, chance, first, longest) =>
            {
                var delay = Backoff.Delay(attempt, TimeSpan.FromTicks(first), TimeSpan.FromTicks(longest), chance);
                return delay >= TimeSpan.Zero && delay.Ticks <= longest;
            });

    [Fact]
    public async Task Wait_IsOverAfterItsBound()
    {
        var backoff = new Backoff(_time, First, Longest);
        var wait = backoff.WaitAsync(attempt: 2, Cancel);

        _time.Advance(2 * First);

        await wait.WaitAsync(Cancel);
    }

    [Fact]
    public void Waits_AreSpreadOverTheirBound()
    {
        var backoff = new Backoff(_time, Longest, Longest);
        var waits = Enumerable.Range(0, 200).Select(_ => backoff.WaitAsync(attempt: 1, Cancel)).ToArray();

        _time.Advance(Longest / 2);

        // 200 fair coins: fewer than 40 or more than 160 heads come once in 10^17 runs.
        Assert.InRange(waits.Count(wait => wait.IsCompletedSuccessfully), 40, 160);
    }

    [Fact]
    public async Task CancelledWait_EndsAtOnce()
    {
        using var cancel = new CancellationTokenSource();
        var wait = new Backoff(_time, TimeSpan.FromDays(30), TimeSpan.FromDays(30)).WaitAsync(attempt: 1, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }
}
