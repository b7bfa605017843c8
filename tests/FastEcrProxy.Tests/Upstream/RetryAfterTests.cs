using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RetryAfterTests
{
    private static readonly FakeTimeProvider Clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("86400", 300)]
    [InlineData("Sun, 01 Mar 2026 12:00:30 GMT", 30)]
    [InlineData("Sun, 01 Mar 2026 11:00:00 GMT", 0)]
    public void SecondsOrDate_AreRead(string value, int seconds)
    {
        using var answer = Answers.Of(429).With("Retry-After", value);

        Assert.Equal(TimeSpan.FromSeconds(seconds), RetryAfter.Of(answer, Clock));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("99999999999999999999")]
    [InlineData("")]
    public void SenselessWish_IsNone(string value)
    {
        using var answer = Answers.Of(429).With("Retry-After", value);

        Assert.Null(RetryAfter.Of(answer, Clock));
    }

    [Fact]
    public void NoHeader_IsNone()
    {
        using var answer = Answers.Of(429);

        Assert.Null(RetryAfter.Of(answer, Clock));
    }
}
