using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace FastEcrProxy.Observability;

/// <summary>
/// One line per event: time, level, message. An exception follows on indented lines, so that only the proxy
/// can begin a line with a time: what a client sends cannot forge one.
/// </summary>
internal sealed class TextLogFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "fastecr-text";

    private const int TimeLengthMax = 28;   // 2026-11-23T07:00:00.1234567Z, which the runtime writes without reading a pattern
    private const int TimeLengthShown = 23; // to the millisecond
    private const string Indent = "  ";

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);

        WriteTime(textWriter);
        textWriter.Write(Padded(logEntry.LogLevel));
        PrintableText.Write(textWriter, message);
        textWriter.Write('\n');
        if (logEntry.Exception is { } exception)
        {
            WriteIndented(textWriter, exception.ToString());
        }
    }

    private void WriteTime(TextWriter writer)
    {
        Span<char> text = stackalloc char[TimeLengthMax];
        time.GetUtcNow().UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        writer.Write(text[..TimeLengthShown]);
        writer.Write("Z ");
    }

    private static void WriteIndented(TextWriter writer, ReadOnlySpan<char> text)
    {
        foreach (var line in text.EnumerateLines())
        {
            writer.Write(Indent);
            PrintableText.Write(writer, line);
            writer.Write('\n');
        }
    }

    private static string Padded(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRACE ",
        LogLevel.Debug => "DEBUG ",
        LogLevel.Information => "INFO  ",
        LogLevel.Warning => "WARN  ",
        LogLevel.Error => "ERROR ",
        _ => "FATAL ",
    };
}
