using System.Globalization;
using System.Text;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>The note beside a partial file: how long the blob is and which bytes of it are there.</summary>
/// <remarks>
/// Text: the length on the first line, then one range a line, start and end. It is written after the bytes that it
/// names, so a killed process never finds it ahead of the file; and should a power cut make it wrong all the same, the
/// digest of the finished blob tells.
/// </remarks>
internal sealed record PartialRecord(long Length, PresentRanges Present)
{
    public const string Suffix = ".ranges";

    private const int RecordBytesMax = 1 << 20; // tens of thousands of ranges: a damaged file is not read into memory

    public static void Write(string partial, long length, IEnumerable<(long Start, long End)> present)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{length}\n");
        foreach (var (start, end) in present)
        {
            text.Append(CultureInfo.InvariantCulture, $"{start} {end}\n");
        }

        AtomicFile.Write(partial + Suffix, Encoding.ASCII.GetBytes(text.ToString()));
    }

    /// <summary>What the note says; null where it is missing, damaged, or says more than the file holds.</summary>
    public static PartialRecord? Read(string partial)
    {
        var file = new FileInfo(partial);
        if (!file.Exists)
        {
            return null;
        }

        var lines = PlainFile.Lines(partial + Suffix, RecordBytesMax);
        if (lines.Length == 0 || !TryParse(lines[0], out var length))
        {
            return null;
        }

        var present = new PresentRanges();
        foreach (var line in lines.AsSpan(1))
        {
            var space = line.IndexOf(' ');
            if (space < 0 || !TryParse(line.AsSpan(0, space), out var start) || !TryParse(line.AsSpan(space + 1), out var end)
                || start >= end || end > length || end > file.Length)
            {
                return null;
            }

            present.Add(start, end);
        }

        return new PartialRecord(length, present);
    }

    public static void Delete(string partial) => CacheDirectory.Remove(partial + Suffix);

    private static bool TryParse(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
