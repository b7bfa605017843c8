using CsCheck;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class RefreshScheduleTests
{
    private static readonly Gen<double> Chance = Gen.Double[0, 1];

    [Fact]
    public void AfterSuccess_IsAroundHalfOfTheLife()
    {
        Gen.Select(Gen.Int[1, 50_000], Chance).Sample((seconds, chance) =>
        {
            var life = TimeSpan.FromSeconds(seconds);

            Assert.InRange(RefreshSchedule.AfterSuccess(life, chance), life * 0.449, life * 0.551);
        });
    }

    [Fact]
    public void AfterSuccess_IsSpread()
    {
        var life = TimeSpan.FromHours(12);

        var spread = RefreshSchedule.AfterSuccess(life, 1) - RefreshSchedule.AfterSuccess(life, 0);

        Assert.Equal(72, spread.TotalMinutes, tolerance: 0.01);
    }

    [Fact]
    public void AfterFailure_StaysBetweenOneSecondAndOneMinute()
    {
        Gen.Select(Gen.Int[1, int.MaxValue], Chance).Sample((failures, chance) =>
            Assert.InRange(
                RefreshSchedule.AfterFailure(failures, chance), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60)));
    }

    [Fact]
    public void AfterFailure_GrowsUntilTheLongest()
    {
        var pauses = Enumerable.Range(1, 8).Select(failures => RefreshSchedule.AfterFailure(failures, 1).TotalSeconds);

        Assert.Equal([2, 4, 8, 16, 32, 60, 60, 60], pauses);
    }

    [Fact]
    public void AfterFailure_IsSpread()
    {
        Assert.True(RefreshSchedule.AfterFailure(3, 0) < RefreshSchedule.AfterFailure(3, 1) * 0.6);
    }
}
