using System.Text.Json;
using FastEcrProxy.Admin;

namespace FastEcrProxy.Tests.Admin;

public sealed class ReadinessTests
{
    private static readonly DateTimeOffset Until = new(2026, 11, 23, 20, 0, 0, TimeSpan.FromHours(1));

    [Theory]
    [InlineData(true, true, true, false, true)]
    [InlineData(true, true, false, false, true)]
    [InlineData(true, false, true, false, true)]
    [InlineData(true, false, false, false, true)] // pulls go on unstored
    [InlineData(false, true, true, false, true)] // cached content only
    [InlineData(false, false, true, false, true)] // cached content is read, nothing is written
    [InlineData(false, true, false, false, false)]
    [InlineData(false, false, false, false, false)]
    [InlineData(true, true, true, true, false)]
    [InlineData(false, true, true, true, false)]
    public void Rule(bool token, bool directory, bool content, bool draining, bool ready)
    {
        var readiness = With(token, directory, content);
        if (draining)
        {
            readiness.StartDraining();
        }

        var report = readiness.Ask();

        Assert.Equal(ready, report.Ready);
        Assert.Equal([token, directory, !draining], report.Checks.Select(check => check.Ok));
    }

    [Fact]
    public void NoTokenButContent_SaysWhatItMeans()
    {
        var report = With(token: false, directory: true, content: true).Ask();

        Assert.Equal("cached content only: AWS refused the key", report.Checks[0].Reason);
    }

    [Fact]
    public void NoTokenAndNoContent_SaysOnlyWhy()
    {
        var report = With(token: false, directory: true, content: false).Ask();

        Assert.Equal("AWS refused the key", report.Checks[0].Reason);
    }

    [Fact]
    public void Checks_AreAskedEachTime()
    {
        var tokenUsable = false;
        var readiness = new Readiness(
            () => tokenUsable ? ReadinessCheck.TokenUsable(Until) : ReadinessCheck.TokenMissing("not yet"),
            () => CacheDirectoryCheck.Look("/", trouble: null),
            () => false);
        var first = readiness.Ask();
        tokenUsable = true;

        var second = readiness.Ask();

        Assert.False(first.Ready);
        Assert.True(second.Ready);
        Assert.Equal("usable until 2026-11-23T19:00:00Z", second.Checks[0].Reason);
    }

    [Fact]
    public void Report_IsJsonWithEachCheckByName()
    {
        var report = new ReadinessReport(false, [new("token", false, "can't \"reach\" <AWS>\n"), ReadinessCheck.Draining(true)]);

        using var json = JsonDocument.Parse(report.ToJson());

        Assert.False(json.RootElement.GetProperty("ready").GetBoolean());
        var checks = json.RootElement.GetProperty("checks");
        Assert.False(checks.GetProperty("token").GetProperty("ok").GetBoolean());
        Assert.Equal("can't \"reach\" <AWS>\n", checks.GetProperty("token").GetProperty("reason").GetString());
        Assert.Equal(
            "shutting down: send new requests elsewhere", checks.GetProperty("draining").GetProperty("reason").GetString());
    }

    private static Readiness With(bool token, bool directory, bool content) => new(
        () => token ? ReadinessCheck.TokenUsable(Until) : ReadinessCheck.TokenMissing("AWS refused the key"),
        () => CacheDirectoryCheck.Look("/", directory ? null : "no space left on device"),
        () => content);
}
