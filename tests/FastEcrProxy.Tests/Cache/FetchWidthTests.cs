using FastEcrProxy.Cache;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Cache;

public sealed class FetchWidthTests
{
    private const long MB = 1_000_000;
    private const int Most = 8;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = new();
    private readonly FetchWidth _width;
    private long _present;

    public FetchWidthTests() => _width = new FetchWidth(Most, _time);

    [Fact]
    public void LayerThatIsThereSoon_HasOneConnection()
    {
        Come(bytesPerSecond: 50 * MB, beats: 3, length: 19 * MB);

        Assert.Equal(1, _width.Wanted);
    }

    [Theory]
    [InlineData(256, 8)] // five seconds' worth: as many as there may be
    [InlineData(30, 2)]  // half a second's worth: a second one halves it
    public void SlowConnectionAndMuchLeft_HasAsManyAsItTakesAtOnce(long length, int wanted)
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length * MB);

        Assert.Equal(wanted, _width.Wanted);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(5, 4)]
    public void SlowConnectionAndLittleLeft_HasNoMoreThanOneForEachSegment(int segments, int wanted)
    {
        Come(bytesPerSecond: MB, beats: 1, length: segments * FillPlan.SegmentBytes);

        Assert.Equal(wanted, _width.Wanted);
    }

    [Fact]
    public void MoreThatHelp_Stay()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB);
        Come(bytesPerSecond: 400 * MB, beats: 10, length: 1000 * MB);

        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void MoreThatDoNotHelp_GoAndAreTriedAgainTenSecondsLater()
    {
        Come(bytesPerSecond: 12 * MB, beats: 1, length: 1000 * MB);
        Assert.Equal(Most, _width.Wanted);

        Come(bytesPerSecond: 13 * MB, beats: 4, length: 1000 * MB);
        Assert.Equal(1, _width.Wanted);
        Come(bytesPerSecond: 13 * MB, beats: 99, length: 1000 * MB);
        Assert.Equal(1, _width.Wanted);

        Come(bytesPerSecond: 13 * MB, beats: 2, length: 1000 * MB);
        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void NewConnections_AreGivenTimeToGetGoing()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB);

        Come(bytesPerSecond: 0, beats: 3, length: 1000 * MB); // TLS, slow start
        Come(bytesPerSecond: 400 * MB, beats: 2, length: 1000 * MB);

        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void ConnectionsThatHaveNotBeenAnsweredYet_AreNotJudged()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB);

        Come(bytesPerSecond: 50 * MB, beats: 20, length: 1000 * MB, allBring: false);
        Assert.Equal(Most, _width.Wanted);
        Come(bytesPerSecond: 400 * MB, beats: 2, length: 1000 * MB);

        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void ConnectionsThatAreNeverAnswered_GoAfterThreeSeconds()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB);

        Come(bytesPerSecond: 50 * MB, beats: 31, length: 1000 * MB, allBring: false);

        Assert.Equal(1, _width.Wanted);
    }

    [Fact]
    public void FastConnection_IsLeftAloneUnlessTheLayerIsVeryLong()
    {
        Come(bytesPerSecond: 800 * MB, beats: 2, length: 2000 * MB);
        Assert.Equal(1, _width.Wanted);

        Come(bytesPerSecond: 800 * MB, beats: 1, length: 5000 * MB);
        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void UpstreamThatStandsStill_GetsNoMoreConnections()
    {
        Come(bytesPerSecond: 0, beats: 50, length: 1000 * MB);

        Assert.Equal(1, _width.Wanted);
    }

    [Fact]
    public void ConnectionsThatAreNotToBeHad_ProveNothing()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB);

        Come(bytesPerSecond: 50 * MB, beats: 4, length: 1000 * MB, active: 1); // others have them
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB, active: 1);
        Assert.Equal(Most, _width.Wanted);
        Come(bytesPerSecond: 400 * MB, beats: 5, length: 1000 * MB);

        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void RefusalThatLeavesSeveral_HoldsForAWhileAndThenTwiceAsManyMayBeTried()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 10_000 * MB);
        _width.Refused();

        Come(bytesPerSecond: 200 * MB, beats: 99, length: 10_000 * MB); // a hundred looks at a layer that is worth eight
        Assert.Equal(Most / 2, _width.Wanted);
        Come(bytesPerSecond: 200 * MB, beats: 2, length: 10_000 * MB);

        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void RefusalAfterRefusal_IsALessonEachTime()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 100_000 * MB);
        _width.Refused();
        Come(bytesPerSecond: 200 * MB, beats: 101, length: 100_000 * MB);
        Assert.Equal(Most, _width.Wanted);

        _width.Refused();
        Come(bytesPerSecond: 200 * MB, beats: 99, length: 100_000 * MB);

        Assert.Equal(Most / 2, _width.Wanted);
    }

    [Fact]
    public void Refusals_HalveItUntilOneIsLeftForAWhile()
    {
        Come(bytesPerSecond: 50 * MB, beats: 1, length: 1000 * MB);
        var widths = new List<int>();

        for (var i = 0; i < 4; i++)
        {
            _width.Refused();
            widths.Add(_width.Wanted);
        }

        Assert.Equal([4, 2, 1, 1], widths);
        Come(bytesPerSecond: 50 * MB, beats: 99, length: 10_000 * MB);
        Assert.Equal(1, _width.Wanted);
        Come(bytesPerSecond: 50 * MB, beats: 2, length: 10_000 * MB);
        Assert.Equal(2, _width.Wanted);
        Come(bytesPerSecond: 100 * MB, beats: 100, length: 10_000 * MB);
        Assert.Equal(4, _width.Wanted);
        Come(bytesPerSecond: 200 * MB, beats: 100, length: 10_000 * MB);
        Assert.Equal(Most, _width.Wanted);
    }

    [Fact]
    public void Refusal_CountsForASecond()
    {
        Assert.False(_width.WasJustRefused);

        _width.Refused();
        Assert.True(_width.WasJustRefused);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(_width.WasJustRefused);
    }

    [Fact]
    public void Limit_IsNeverPassed()
    {
        var one = new FetchWidth(1, _time);

        _time.Advance(Beat);
        one.Measure(5 * MB, 1000 * MB, active: 1, allBring: true);

        Assert.Equal(1, one.Wanted);
    }

    /// <summary>Beat after beat bytes come; all connections that are wanted are at work, unless it is said otherwise.</summary>
    private void Come(long bytesPerSecond, int beats, long length, int? active = null, bool allBring = true)
    {
        for (var i = 0; i < beats; i++)
        {
            _time.Advance(Beat);
            _present += (long)(bytesPerSecond * Beat.TotalSeconds);
            _width.Measure(_present, length, active ?? _width.Wanted, allBring);
        }
    }
}
