using CsCheck;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class DurationTests
{
    private static readonly long MillisecondsMax = (long)TimeSpan.FromDays(36500).TotalMilliseconds;

    public static TheoryData<string, TimeSpan> Durations => new()
    {
        { "0", TimeSpan.Zero },
        { "0s", TimeSpan.Zero },
        { "30s", TimeSpan.FromSeconds(30) },
        { "12h", TimeSpan.FromHours(12) },
        { "7d", TimeSpan.FromDays(7) },
        { "250ms", TimeSpan.FromMilliseconds(250) },
        { "5m", TimeSpan.FromMinutes(5) },
        { "1h30m", TimeSpan.FromMinutes(90) },
        { "1h 30m", TimeSpan.FromMinutes(90) },
        { "1D2H3M4S5MS", new TimeSpan(1, 2, 3, 4, 5) },
        { "90m", TimeSpan.FromMinutes(90) },
    };

    [Theory, MemberData(nameof(Durations))]
    public void WhatPeopleWrite_IsThatLong(string text, TimeSpan expected)
    {
        var read = Duration.TryParse(text, out var parsed);

        Assert.True(read);
        Assert.Equal(expected, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1.5h")]
    [InlineData("30m1h")]
    [InlineData("1m1m")]
    [InlineData("5 seconds")]
    [InlineData("00:00:30")]
    [InlineData("99999999999999d")]
    [InlineData("99999999999999999999999s")]
    public void WhatIsNoDuration_IsRefused(string text) => Assert.False(Duration.TryParse(text, out _));

    [Fact]
    public void FormattedDuration_IsReadBack() => Gen.Long[0, MillisecondsMax].Sample(milliseconds =>
    {
        var duration = TimeSpan.FromMilliseconds(milliseconds);

        var read = Duration.TryParse(Duration.Format(duration), out var parsed);

        return read && parsed == duration;
    });

    [Fact]
    public void AnyText_IsReadOrRefusedWithoutThrowing() => Gen.String[Gen.Char["0123456789dhms ."], 0, 40].Sample(text =>
    {
        _ = Duration.TryParse(text, out var duration);

        return duration >= TimeSpan.Zero;
    });
}
