using System.Globalization;

namespace FastEcrProxy.Server;

/// <summary>
/// Sizes as people write them: <c>100GiB</c>, <c>75g</c>, <c>1.5T</c>, <c>1TB</c>, or a plain number of bytes. One letter and
/// the <c>i</c> forms count by 1024, as nginx and the kernel do; <c>KB</c>, <c>MB</c>, <c>GB</c> and <c>TB</c> count by 1000,
/// as disk makers do. Case does not matter.
/// </summary>
internal static class ByteSize
{
    private const int TextLengthMax = 32; // longer than any number of bytes that fits

    // Longest ending first: "GiB" also ends in "B".
    private static readonly (string Ending, long Factor)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40),
        ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("K", 1L << 10), ("M", 1L << 20), ("G", 1L << 30), ("T", 1L << 40),
        ("B", 1),
        ("", 1),
    ];

    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        text = text.Trim();
        if (text.Length is 0 or > TextLengthMax)
        {
            return false;
        }

        foreach (var (ending, factor) in Units)
        {
            if (text.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
            {
                return TryScale(text[..^ending.Length].TrimEnd(), factor, out bytes);
            }
        }

        return false;
    }

    /// <summary>The shortest text that names exactly these bytes: <c>100GiB</c>, <c>1536MiB</c>, <c>1025</c>.</summary>
    public static string Format(long bytes)
    {
        var (divisor, unit) = bytes switch
        {
            0 => (1L, ""),
            _ when bytes % (1L << 40) == 0 => (1L << 40, "TiB"),
            _ when bytes % (1L << 30) == 0 => (1L << 30, "GiB"),
            _ when bytes % (1L << 20) == 0 => (1L << 20, "MiB"),
            _ when bytes % (1L << 10) == 0 => (1L << 10, "KiB"),
            _ => (1L, ""),
        };
        return (bytes / divisor).ToString(CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>About how much that is, for people: <c>12.3 GiB</c>.</summary>
    public static string Approximate(long bytes)
    {
        ReadOnlySpan<string> units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        double value = bytes;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    private static bool TryScale(ReadOnlySpan<char> number, long factor, out long bytes)
    {
        bytes = 0;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || value > long.MaxValue / factor)
        {
            return false;
        }

        var scaled = value * factor;
        bytes = (long)scaled;
        return factor > 1 || scaled == bytes; // half a byte is a slip of the hand
    }
}
