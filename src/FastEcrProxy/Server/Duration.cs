using System.Globalization;
using System.Text;

namespace FastEcrProxy.Server;

/// <summary>
/// Durations as people write them: <c>30s</c>, <c>12h</c>, <c>1h30m</c>, <c>250ms</c>, <c>7d</c>, <c>0</c>. Every number has
/// its unit, since a bare <c>30</c> means seconds to some and milliseconds to others.
/// </summary>
internal static class Duration
{
    private static readonly (string Name, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)),
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Reads numbers with units, each unit at most once and the longest first.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        text = text.Trim();
        if (text is "0")
        {
            return true;
        }

        if (text.IsEmpty)
        {
            return false;
        }

        decimal ticks = 0;
        var unitsUsed = 0;
        while (!text.IsEmpty)
        {
            if (!TryReadPart(ref text, ref unitsUsed, out var part) || (ticks += part) > long.MaxValue)
            {
                return false;
            }
        }

        duration = new TimeSpan((long)ticks);
        return true;
    }

    /// <summary>The text that <see cref="TryParse"/> reads back; parts of a millisecond are dropped.</summary>
    public static string Format(TimeSpan duration)
    {
        var text = new StringBuilder();
        foreach (var (name, length) in Units)
        {
            var count = duration.Ticks / length.Ticks;
            duration -= count * length;
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{name}");
            }
        }

        return text.Length > 0 ? text.ToString() : "0";
    }

    private static bool TryReadPart(ref ReadOnlySpan<char> text, ref int unitsUsed, out decimal ticks)
    {
        ticks = 0;
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits <= 0 || !long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return false;
        }

        text = text[digits..].TrimStart();
        var unitLength = text.IndexOfAnyInRange('0', '9') is >= 0 and var next ? next : text.Length;
        var unit = text[..unitLength].TrimEnd();
        text = text[unitLength..];
        for (; unitsUsed < Units.Length; unitsUsed++)
        {
            if (unit.Equals(Units[unitsUsed].Name, StringComparison.OrdinalIgnoreCase))
            {
                ticks = (decimal)count * Units[unitsUsed++].Length.Ticks;
                return true;
            }
        }

        return false;
    }
}
