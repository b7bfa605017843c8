using CsCheck;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Primitives;

public sealed class RateTableTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Burst_IsThereAtOnceAndThenTheRate()
    {
        var rates = new RateTable<int>(perSecond: 2, burst: 3, most: 10, _time);

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => rates.TryTake(1) == TimeSpan.Zero));
        _time.Advance(Second);
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => rates.TryTake(1) == TimeSpan.Zero));
    }

    [Fact]
    public void Wait_IsTrue()
    {
        var rates = new RateTable<int>(perSecond: 3, burst: 1, most: 10, _time);
        rates.TryTake(1);

        var wait = rates.TryTake(1);
        _time.Advance(wait - TimeSpan.FromTicks(1));
        Assert.NotEqual(TimeSpan.Zero, rates.TryTake(1));
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(TimeSpan.Zero, rates.TryTake(1));
    }

    [Fact]
    public void WhatIsGivenBack_HoldsNobodyUp()
    {
        var rates = new RateTable<int>(perSecond: 10, burst: 10, most: 10, _time);
        rates.Reserve(1, 10);
        for (var i = 0; i < 1000; i++)
        {
            rates.Reserve(1, 10);
            rates.GiveBack(1, 10);
        }

        Assert.Equal(Second, rates.Reserve(1, 10));
        rates.GiveBack(1, 1000); // no more than was taken, whatever is given
        Assert.InRange(rates.Reserve(1, 20), Second, Second);
    }

    [Fact]
    public void Keys_HaveBucketsOfTheirOwn()
    {
        var rates = new RateTable<int>(perSecond: 1, burst: 1, most: 10, _time);
        rates.TryTake(1);

        Assert.NotEqual(TimeSpan.Zero, rates.TryTake(1));
        Assert.Equal(TimeSpan.Zero, rates.TryTake(2));
    }

    [Fact]
    public void FullTable_LetsGoOfThoseThatAreFullAgain()
    {
        var rates = new RateTable<int>(perSecond: 1, burst: 5, most: 100, _time);
        for (var key = 0; key < 100; key++)
        {
            rates.TryTake(key);
        }

        _time.Advance(Second);
        rates.TryTake(1000);

        Assert.Equal(1, rates.Count);
    }

    /// <summary>A million addresses at once: bounded memory, and the limit holds for every one of them.</summary>
    [Fact]
    public void FloodOfKeys_IsBoundedAndHeldToTheLimit()
    {
        const int most = 1000;
        var rates = new RateTable<int>(perSecond: 1, burst: 2, most, _time);
        var passed = 0;
        for (var key = 0; key < 1_000_000; key++)
        {
            passed += rates.TryTake(key) == TimeSpan.Zero ? 1 : 0;
        }

        Assert.Equal(most, rates.Count);
        Assert.Equal(most + (256 * 2), passed); // those that share have 256 buckets of two
        Assert.Equal(TimeSpan.Zero, rates.TryTake(1)); // who was there before has its own
    }

    [Fact]
    public void WhoShared_GainsNothingByABucketOfItsOwn()
    {
        var rates = new RateTable<int>(perSecond: 1, burst: 10, most: 1, _time);
        rates.TryTake(1);
        var shared = Enumerable.Range(0, 20).Count(_ => rates.TryTake(2) == TimeSpan.Zero);

        _time.Advance(2 * Second); // the table has room
        var own = Enumerable.Range(0, 20).Count(_ => rates.TryTake(2) == TimeSpan.Zero);

        Assert.Equal((10, 2), (shared, own));
    }

    /// <summary>In no stretch of time more than the rate and one burst, whoever asks when and how often.</summary>
    [Fact]
    public void AnySequence_KeepsToRateAndBurst() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 20], Gen.Int[0, 400].Array[1, 200]).Sample((perSecond, burst, pauses) =>
        {
            var time = new FakeTimeProvider();
            var rates = new RateTable<int>(perSecond, burst, most: 4, time);
            var taken = new List<double>();
            foreach (var pause in pauses)
            {
                time.Advance(TimeSpan.FromMilliseconds(pause));
                if (rates.TryTake(0) == TimeSpan.Zero)
                {
                    taken.Add(Seconds(time));
                }
            }

            return Holds(taken, static _ => 1, perSecond, burst);
        });

    /// <summary>The same of what is reserved: no wait is shorter than that takes.</summary>
    [Fact]
    public void AnyReservations_KeepToRateAndBurst() =>
        Gen.Select(Gen.Int[1, 50], Gen.Int[1, 20], Gen.Select(Gen.Int[0, 400], Gen.Int[1, 20]).Array[1, 200])
            .Sample((perSecond, burst, steps) =>
            {
                var time = new FakeTimeProvider();
                var rates = new RateTable<int>(perSecond, burst, most: 4, time);
                var moves = new List<double>();
                foreach (var (pause, count) in steps)
                {
                    time.Advance(TimeSpan.FromMilliseconds(pause));
                    moves.Add(Seconds(time) + rates.Reserve(0, count).TotalSeconds);
                }

                return Holds(moves, i => steps[i].Item2, perSecond, Math.Max(burst, steps.Max(static step => step.Item2)));
            });

    private static bool Holds(List<double> at, Func<int, int> count, int perSecond, int burst)
    {
        for (var from = 0; from < at.Count; from++)
        {
            long sum = 0;
            for (var to = from; to < at.Count; to++)
            {
                sum += count(to);
                if (sum > ((at[to] - at[from]) * perSecond) + burst + 0.001)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static double Seconds(FakeTimeProvider time) => (time.GetUtcNow() - time.Start).TotalSeconds;
}
