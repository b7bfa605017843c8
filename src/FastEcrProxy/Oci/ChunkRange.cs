using System.Globalization;

namespace FastEcrProxy.Oci;

/// <summary>Which bytes of a layer a chunk is, or how many of them a registry has: first and last, both included.</summary>
/// <remarks>
/// The specification writes <c>0-1023</c> in <c>Content-Range</c> and <c>Range</c> of uploads; some clients and registries
/// write <c>bytes 0-1023/*</c> or <c>bytes=0-1023</c>, as HTTP does elsewhere.
/// </remarks>
internal readonly record struct ChunkRange
{
    private const string Unit = "bytes";

    private ChunkRange(long first, long last) => (First, Last) = (first, last);

    public long First { get; }

    public long Last { get; }

    public long Length => Last - First + 1;

    public static bool TryParse(ReadOnlySpan<char> text, out ChunkRange range)
    {
        range = default;
        text = text.Trim();
        if (text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase) && text.Length > Unit.Length && text[Unit.Length] is ' ' or '=')
        {
            text = text[(Unit.Length + 1)..];
        }

        var slash = text.IndexOf('/');
        text = slash < 0 ? text : text[..slash];
        var dash = text.IndexOf('-');
        if (dash < 0 || !TryNumber(text[..dash], out var first) || !TryNumber(text[(dash + 1)..], out var last) || last < first
            || last == long.MaxValue)
        {
            return false;
        }

        range = new ChunkRange(first, last);
        return true;
    }

    /// <summary>How an answer's <c>Range</c> says how many bytes there are. Of none it says what it says of one: registries do.</summary>
    public static string OfReceived(long bytes) => string.Create(CultureInfo.InvariantCulture, $"0-{Math.Max(0, bytes - 1)}");

    private static bool TryNumber(ReadOnlySpan<char> digits, out long number) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
