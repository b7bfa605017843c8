using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Observability;

public sealed class TextLogFormatterTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, 123, TimeSpan.FromHours(1));

    [Theory]
    [InlineData(LogLevel.Trace, "TRACE ")]
    [InlineData(LogLevel.Debug, "DEBUG ")]
    [InlineData(LogLevel.Information, "INFO  ")]
    [InlineData(LogLevel.Warning, "WARN  ")]
    [InlineData(LogLevel.Error, "ERROR ")]
    [InlineData(LogLevel.Critical, "FATAL ")]
    public void Event_IsOneLineOfTimeLevelAndMessage(LogLevel level, string padded)
    {
        var line = Format(level, "listening on 127.0.0.1:5000");

        Assert.Equal($"2026-11-23T07:00:00.123Z {padded}listening on 127.0.0.1:5000\n", line);
    }

    [Theory]
    [InlineData("tag a\n2026-11-23T07:00:00.123Z ERROR forged", @"tag a\n2026-11-23T07:00:00.123Z ERROR forged")]
    [InlineData("a\r\nb\tc\0d", @"a\r\nb\tc\u0000d")]
    [InlineData("\u001b[2Jcleared\u007f", @"\u001b[2Jcleared\u007f")]
    [InlineData("\u009b2J next\u0085line", @"\u009b2J next\u0085line")]
    [InlineData("a\u2028b\u2029c\u202Egpj.exe", @"a\u2028b\u2029c\u202egpj.exe")]
    [InlineData("größe 大きさ 📦 \\n stays", "größe 大きさ 📦 \\n stays")]
    [InlineData("", "")]
    [InlineData("\n", @"\n")]
    public void ControlCharactersInAMessage_AreSpeltOut(string message, string shown)
    {
        var line = Format(LogLevel.Information, message);

        Assert.Equal($"2026-11-23T07:00:00.123Z INFO  {shown}\n", line);
    }

    [Fact]
    public void Exception_FollowsOnIndentedLines()
    {
        var exception = new IOException("disk\r\n2026-11-23T07:00:00.123Z INFO  forged\u001b[0m", new TimeoutException("slow"));

        var lines = Format(LogLevel.Error, "cannot store", exception);

        Assert.Equal(
            """
            2026-11-23T07:00:00.123Z ERROR cannot store
              System.IO.IOException: disk
              2026-11-23T07:00:00.123Z INFO  forged\u001b[0m
               ---> System.TimeoutException: slow
                 --- End of inner exception stack trace ---

            """,
            lines);
    }

    private static string Format(LogLevel level, string message, Exception? exception = null)
    {
        var entry = new LogEntry<string>(level, "FastEcrProxy.Category", new EventId(1), message, exception, (state, _) => state);
        var output = new StringWriter();
        new TextLogFormatter(new FakeTimeProvider(Start)).Write(entry, null, output);
        return output.ToString();
    }
}
