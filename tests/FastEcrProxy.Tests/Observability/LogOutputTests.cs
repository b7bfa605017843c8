using FastEcrProxy.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace FastEcrProxy.Tests.Observability;

public sealed class LogOutputTests
{
    [Theory]
    [InlineData("FastEcrProxy.Http.RequestRecord", LogLevel.Debug, LogLevel.Debug, true)]
    [InlineData("FastEcrProxy.Http.RequestRecord", LogLevel.Information, LogLevel.Debug, false)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Trace, LogLevel.Critical, false)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Debug, LogLevel.Warning, true)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error, LogLevel.Warning, false)]
    [InlineData("Microsoft.Hosting.Lifetime", LogLevel.Information, LogLevel.Information, false)]
    public void Level_HoldsForUsAndTheFrameworkIsQuieter(string category, LogLevel configured, LogLevel asked, bool enabled)
    {
        using var services = Services(LogFormat.Text, configured);

        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

        Assert.Equal(enabled, logger.IsEnabled(asked));
    }

    [Theory]
    [InlineData("Text", TextLogFormatter.FormatterName)]
    [InlineData("Json", ConsoleFormatterNames.Json)]
    public void Format_ChoosesAFormatterThatIsThere(string format, string name)
    {
        using var services = Services(Enum.Parse<LogFormat>(format), LogLevel.Information);

        var chosen = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName;

        Assert.Equal(name, chosen);
        Assert.Contains(services.GetServices<ConsoleFormatter>(), formatter => formatter.Name == name);
    }

    [Fact]
    public void Json_HasTimesInUtc()
    {
        using var services = Services(LogFormat.Json, LogLevel.Information);

        var json = services.GetRequiredService<IOptions<JsonConsoleFormatterOptions>>().Value;

        Assert.True(json.UseUtcTimestamp);
        Assert.Equal("2026-11-23T07:00:00.123Z", new DateTime(2026, 11, 23, 7, 0, 0, 123).ToString(json.TimestampFormat));
    }

    [Fact]
    public void ALogThatNobodyReads_HoldsNobodyUp()
    {
        using var services = Services(LogFormat.Text, LogLevel.Information);

        var console = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;

        Assert.Equal(ConsoleLoggerQueueFullMode.DropWrite, console.QueueFullMode);
    }

    private static ServiceProvider Services(LogFormat format, LogLevel level) =>
        new ServiceCollection().AddLogging(logging => logging.WriteToConsole(format, level)).BuildServiceProvider();
}
