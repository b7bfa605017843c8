using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistryHealthTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly List<RegistryHealth.Change> _changes = [];
    private readonly RegistryHealth _health;

    public RegistryHealthTests() => _health = new RegistryHealth(_time, _changes.Add);

    [Fact]
    public void FailuresInARow_OpenIt()
    {
        Fail(RegistryHealth.FailuresToOpen - 1);
        Assert.False(_health.IsOpen);

        Fail(1);

        Assert.True(_health.IsOpen);
        Assert.Equal([new RegistryHealth.Change(true, "no route", TimeSpan.Zero)], _changes);
    }

    [Fact]
    public void AnAnswerInBetween_BeginsTheCountAnew()
    {
        Fail(RegistryHealth.FailuresToOpen - 1);
        _health.Answered();
        Fail(RegistryHealth.FailuresToOpen - 1);

        Assert.False(_health.IsOpen);
    }

    [Fact]
    public void AnswersOfRequestsFromBefore_DoNotCloseIt()
    {
        Fail(RegistryHealth.FailuresToOpen);

        _health.Answered();

        Assert.True(_health.IsOpen);
    }

    [Fact]
    public void AProbeThatReachesIt_LetsClientsTry()
    {
        Fail(RegistryHealth.FailuresToOpen);
        _time.Advance(TimeSpan.FromSeconds(5));

        _health.Probed(Soon);

        Assert.Equal(RegistryHealth.State.HalfOpen, _health.Current);
        Assert.Equal(new RegistryHealth.Change(false, "no route", TimeSpan.FromSeconds(5)), _changes[^1]);
    }

    [Fact]
    public void OneFailureAfterTheProbe_OpensItAgain()
    {
        Fail(RegistryHealth.FailuresToOpen);
        _health.Probed(Soon);

        Fail(1);

        Assert.True(_health.IsOpen);
    }

    [Fact]
    public void AnAnswerAfterTheProbe_ClosesItForGood()
    {
        Fail(RegistryHealth.FailuresToOpen);
        _health.Probed(Soon);
        _health.Answered();

        Fail(RegistryHealth.FailuresToOpen - 1);

        Assert.Equal(RegistryHealth.State.Closed, _health.Current);
    }

    [Fact]
    public void WhileItIsClosed_NobodyProbes()
    {
        _time.Advance(TimeSpan.FromDays(1));

        Assert.False(_health.TakeProbe(Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public void WhileItIsOpen_ProbesComeSoonAndThenLessOften()
    {
        Fail(RegistryHealth.FailuresToOpen);

        Assert.Equal([1, 2, 4, 8, 15, 15], SecondsBetweenProbes(6));
    }

    [Fact]
    public void OneThatRelapses_IsBelievedLater()
    {
        Fail(RegistryHealth.FailuresToOpen);
        Assert.Equal([1], SecondsBetweenProbes(1));
        _health.Probed(Soon);
        Fail(1);

        Assert.Equal([4], SecondsBetweenProbes(1)); // the probe sees less than clients do

        _health.Probed(Soon);
        _health.Answered();
        _time.Advance(TimeSpan.FromMinutes(2));
        Fail(RegistryHealth.FailuresToOpen);
        Assert.Equal([1], SecondsBetweenProbes(1)); // another outage, another count
    }

    [Fact]
    public void SpeedThatDecides_IsMeasuredAtItsInterval()
    {
        var every = TimeSpan.FromSeconds(30);
        Assert.True(_health.TakeProbe(every)); // never yet
        Assert.False(_health.TakeProbe(every));

        _time.Advance(every);

        Assert.True(_health.TakeProbe(every));
    }

    [Fact]
    public void Latency_FollowsTheProbesSlowly()
    {
        Assert.Equal(0, _health.LatencySeconds);
        _health.Probed(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _health.LatencySeconds);

        _health.Probed(TimeSpan.FromSeconds(2)); // one slow answer is chance

        Assert.InRange(_health.LatencySeconds, 1.1, 1.3);
    }

    [Fact]
    public void OneThatIsAlone_IsClosedByTheNextAnswer()
    {
        var alone = new RegistryHealth(_time, _changes.Add, isAlone: true);
        for (var i = 0; i < RegistryHealth.FailuresToOpen; i++)
        {
            alone.Failed("no route");
        }

        Assert.True(alone.IsOpen);
        _time.Advance(TimeSpan.FromSeconds(7));

        alone.Answered();

        Assert.Equal(RegistryHealth.State.Closed, alone.Current);
        Assert.Equal(new RegistryHealth.Change(false, "no route", TimeSpan.FromSeconds(7)), _changes[^1]);
    }

    private void Fail(int times)
    {
        for (var i = 0; i < times; i++)
        {
            _health.Failed("no route");
        }
    }

    private int[] SecondsBetweenProbes(int count)
    {
        var seconds = new int[count];
        for (var probe = 0; probe < count; probe++)
        {
            while (!_health.TakeProbe(Timeout.InfiniteTimeSpan))
            {
                seconds[probe]++;
                _time.Advance(TimeSpan.FromSeconds(1));
            }
        }

        return seconds;
    }
}
