using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FastEcrProxy.Observability;

/// <summary>Sends the log to standard output, in the format that was asked for, and nowhere else.</summary>
internal static class LogOutput
{
    private const string JsonTimestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    // The framework tells of every request at Information, which we do ourselves, in one line.
    private const string Framework = "Microsoft";

    // Where this may log anything at all, the host begins an activity for each request: 800 bytes and 1.7 µs. Of requests
    // it says nothing above Information, and what it says of a failed start is thrown too.
    private const string FrameworkRequests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    // A burst of a few seconds; 2500 is the library's default.
    private const int QueueLengthMax = 10_000;

    /// <summary>Replaces every other log output. Lines of the framework come from Warning up, whatever the level.</summary>
    public static void WriteToConsole(this ILoggingBuilder logging, LogFormat format, LogLevel level)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        logging.AddFilter(Framework, level > LogLevel.Warning ? level : LogLevel.Warning);
        logging.AddFilter(FrameworkRequests, LogLevel.None);

        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.AddSingleton<ConsoleFormatter, TextLogFormatter>();
        logging.Services.Configure<JsonConsoleFormatterOptions>(json =>
        {
            json.UseUtcTimestamp = true;
            json.TimestampFormat = JsonTimestamp;
        });
        logging.AddConsole(console =>
        {
            console.FormatterName = format is LogFormat.Json ? ConsoleFormatterNames.Json : TextLogFormatter.FormatterName;
            console.MaxQueueLength = QueueLengthMax;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite; // a log that nobody reads must not stop the pulls
        });
    }
}
