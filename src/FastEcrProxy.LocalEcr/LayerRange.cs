using System.Globalization;

namespace FastEcrProxy.LocalEcr;

/// <summary>Which bytes of a layer a request wants, as S3 reads the Range header.</summary>
public readonly record struct LayerRange(long First, long Length, bool IsPartial, bool IsUnsatisfiable)
{
    /// <summary>Several ranges, and whatever cannot be read, mean the whole.</summary>
    public static LayerRange Parse(string? header, long total)
    {
        var whole = new LayerRange(0, total, false, false);
        const string unit = "bytes=";
        if (header is null
            || !header.StartsWith(unit, StringComparison.OrdinalIgnoreCase)
            || header[unit.Length..].Split('-') is not [var first, var last])
        {
            return whole;
        }

        if (first.Length == 0)
        {
            return Number(last) is { } suffix
                ? Between(Math.Max(0, total - suffix), total - 1, total)
                : whole;
        }

        if (Number(first) is not { } start || (last.Length > 0 && Number(last) is null))
        {
            return whole;
        }

        var end = last.Length > 0 ? Number(last)!.Value : long.MaxValue;
        return end < start ? whole : Between(start, Math.Min(end, total - 1), total);
    }

    public bool Contains(long offset) => offset >= First && offset < First + Length;

    private static LayerRange Between(long first, long last, long total) =>
        first >= total ? new(0, 0, false, true) : new(first, last - first + 1, true, false);

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
