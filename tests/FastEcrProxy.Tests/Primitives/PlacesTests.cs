using CsCheck;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Primitives;

public sealed class PlacesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void WhoHasAll_IsToldSoAndOthersAreServed()
    {
        var places = new Places<int>(total: 3, each: 2);

        Assert.Equal(PlaceAnswer.Taken, places.TryTake(1));
        Assert.Equal(PlaceAnswer.Taken, places.TryTake(1));
        Assert.Equal(PlaceAnswer.TheirsTaken, places.TryTake(1));
        Assert.Equal(PlaceAnswer.Taken, places.TryTake(2));
        Assert.Equal(PlaceAnswer.AllTaken, places.TryTake(3));
        places.Release(1);
        Assert.Equal(PlaceAnswer.Taken, places.TryTake(3));
        Assert.Equal((3, 1), (places.Taken, places.TakenBy(1)));
    }

    [Fact]
    public void Zero_IsNoLimit()
    {
        var places = new Places<int>(total: 0, each: 0);

        for (var i = 0; i < 10_000; i++)
        {
            Assert.Equal(PlaceAnswer.Taken, places.TryTake(1));
        }
    }

    [Fact]
    public async Task WhoWaits_IsServedInOrderButNotBeforeWhoMayHaveOne()
    {
        var places = new Places<int>(total: 2, each: 1);
        places.TryTake(1);
        places.TryTake(2);
        var first = places.TakeAsync(1, Patience, _time, Cancel).AsTask();
        var second = places.TakeAsync(3, Patience, _time, Cancel).AsTask();

        places.Release(2);

        Assert.Equal(PlaceAnswer.Taken, await second);
        Assert.False(first.IsCompleted);
        places.Release(1);
        Assert.Equal(PlaceAnswer.Taken, await first);
        Assert.Equal((2, 0), (places.Taken, places.Waiting));
    }

    [Fact]
    public async Task Patience_Ends()
    {
        var places = new Places<int>(total: 1, each: 0);
        places.TryTake(1);
        var waiting = places.TakeAsync(2, Patience, _time, Cancel).AsTask();

        _time.Advance(Patience - TimeSpan.FromTicks(1));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.Equal(PlaceAnswer.AllTaken, await waiting);
        Assert.Equal(0, places.Waiting);
    }

    [Fact]
    public async Task WhoLeaves_GetsNone()
    {
        var places = new Places<int>(total: 1, each: 0);
        places.TryTake(1);
        using var leaves = new CancellationTokenSource();
        var waiting = places.TakeAsync(2, Patience, _time, leaves.Token).AsTask();

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        places.Release(1);
        Assert.Equal(0, places.Taken);
    }

    [Fact]
    public async Task Queue_IsBoundedAndNobodyHasItAlone()
    {
        var places = new Places<int>(total: 1, each: 0);
        places.TryTake(0);
        var waiting = Enumerable.Range(0, 2000).Select(_ => places.TakeAsync(1, Patience, _time, Cancel).AsTask()).ToList();
        var mine = places.Waiting;
        var others = Enumerable.Range(2, 2000).Select(key => places.TakeAsync(key, Patience, _time, Cancel).AsTask()).ToList();

        Assert.Equal((500, 1000), (mine, places.Waiting));
        Assert.Equal(PlaceAnswer.AllTaken, await waiting[^1]);
        Assert.Equal(PlaceAnswer.AllTaken, await others[^1]);
        _time.Advance(Patience);
        Assert.All(await Task.WhenAll([.. waiting, .. others]), answer => Assert.Equal(PlaceAnswer.AllTaken, answer));
    }

    /// <summary>Whoever takes and gives back in whatever order: never more than allowed, and nothing is left over.</summary>
    [Fact]
    public void AnySequence_KeepsBothLimits() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 3], Gen.Select(Gen.Int[0, 3], Gen.Bool).Array[0, 100]).Sample((total, each, steps) =>
        {
            var places = new Places<int>(total, each);
            var held = new Dictionary<int, int>();
            var waiting = new List<(int Key, Task<PlaceAnswer> Place)>();
            foreach (var (key, gives) in steps)
            {
                if (gives && held.GetValueOrDefault(key) > 0)
                {
                    held[key]--;
                    places.Release(key);
                }
                else
                {
                    waiting.Add((key, places.TakeAsync(key, Patience, _time, CancellationToken.None).AsTask()));
                }

                foreach (var done in waiting.Where(static w => w.Place.IsCompleted).ToList())
                {
                    waiting.Remove(done);
                    held[done.Key] = held.GetValueOrDefault(done.Key) + 1;
                }

                // Who is served learns it a moment later, so what is known to be held may be less than what is taken.
                var isRight = places.Taken <= total && held.Values.All(count => count <= each) && held.Values.Sum() <= places.Taken
                    && held.All(one => places.TakenBy(one.Key) <= each);
                if (!isRight)
                {
                    return false;
                }
            }

            return true;
        });
}
