using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

public sealed class RecentManifestsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecentManifests _recent;
    private readonly Digest _digest = Digest.Of("one"u8);

    public RecentManifestsTests() => _recent = new RecentManifests(_time);

    [Fact]
    public void Manifest_IsTakenByOneAskerInTenSeconds()
    {
        Assert.True(_recent.TryTake(_digest));
        Assert.False(_recent.TryTake(_digest));

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(_recent.TryTake(_digest));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_recent.TryTake(_digest));
        Assert.False(_recent.TryTake(_digest));
    }

    [Fact]
    public void ManyAskersAtTheSameTime_AreOneThatTakesIt()
    {
        var took = 0;

        Parallel.For(0, 1000, _ => Interlocked.Add(ref took, _recent.TryTake(_digest) ? 1 : 0));

        Assert.Equal(1, took);
    }

    [Fact]
    public void OtherManifests_AreTakenToo()
    {
        var digests = Enumerable.Range(0, 20_000).Select(n => Digest.Of(BitConverter.GetBytes(n))).ToList();

        Assert.All(digests, digest => Assert.True(_recent.TryTake(digest))); // more than there are places
    }

    [Fact]
    public void ClockThatHasGoneOnForWeeks_StillTellsRecentFromLongAgo()
    {
        for (var days = 0; days < 60; days++)
        {
            Assert.True(_recent.TryTake(_digest), $"after {days} days");
            Assert.False(_recent.TryTake(_digest), $"after {days} days");
            _time.Advance(TimeSpan.FromDays(1));
        }
    }

    [Fact]
    public void Asking_AllocatesNothing()
    {
        _recent.TryTake(_digest);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _recent.TryTake(_digest);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
