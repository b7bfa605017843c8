using System.Globalization;

namespace FastEcrProxy.Observability;

/// <summary>Text from outside, safe to show in a terminal: no line breaks, no escape sequences, nothing invisible.</summary>
internal static class PrintableText
{
    /// <summary>Writes the text with each control or formatting character spelt out (<c>\n</c>, <c>\u001b</c>).</summary>
    public static void Write(TextWriter writer, ReadOnlySpan<char> text)
    {
        var written = 0;
        for (var at = text.IndexOfAnyExceptInRange(' ', '~'); (uint)at < text.Length; at++)
        {
            if (!IsPrintable(text[at]))
            {
                writer.Write(text[written..at]);
                WriteSpelt(writer, text[at]);
                written = at + 1;
            }
        }

        writer.Write(text[written..]);
    }

    // Format characters turn text round in a terminal (U+202E); the separators break a line in some viewers.
    private static bool IsPrintable(char character) => char.IsAscii(character)
        ? !char.IsControl(character)
        : char.GetUnicodeCategory(character) is not (UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    private static void WriteSpelt(TextWriter writer, char character)
    {
        switch (character)
        {
            case '\n':
                writer.Write("\\n");
                break;
            case '\r':
                writer.Write("\\r");
                break;
            case '\t':
                writer.Write("\\t");
                break;
            default:
                writer.Write("\\u");
                writer.Write(((int)character).ToString("x4", CultureInfo.InvariantCulture));
                break;
        }
    }
}
