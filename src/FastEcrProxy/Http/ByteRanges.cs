using FastEcrProxy.Oci;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Http;

/// <summary>
/// What a <c>Range</c> header asks for. Read in two steps: what can be said without the blob's length, and, when that is
/// known, which bytes it is.
/// </summary>
/// <remarks>
/// Grammar: RFC 9110 section 14. It lets a server ignore a malformed header, but then the client gets a whole layer that
/// it did not ask for; a 400 makes every known client ask in another way.
/// </remarks>
internal sealed class ByteRanges
{
    private const int CountMax = 256; // partial pulls ask for some tens; thousands are an attack
    private const int OverlapFactorMax = 2; // ranges that add up to more than the blob twice are an attack, too

    private static readonly char[] OptionalSpace = [' ', '\t'];

    private readonly Spec[] _specs;

    private ByteRanges(Spec[] specs) => _specs = specs;

    /// <summary>Where the first range begins; -1 where that depends on the blob's length.</summary>
    public long FirstOffset => _specs[0].First ?? -1;

    /// <summary>Whether every range says where it ends or how long it is, as pieces do that a client puts together itself.</summary>
    public bool NameTheirEnds => _specs.All(spec => spec.Last is not null);

    /// <summary>Reads the header. No error and no ranges: the whole blob is asked for.</summary>
    public static OciError? TryParse(StringValues header, out ByteRanges? ranges)
    {
        ranges = null;
        if (header.Count == 0)
        {
            return null;
        }

        var text = header.Count == 1 ? header[0].AsSpan().Trim(OptionalSpace) : default;
        var equals = text.IndexOf('=');
        if (equals > 0 && !text[..equals].Equals("bytes", StringComparison.OrdinalIgnoreCase))
        {
            return null; // a unit that we do not know: RFC 9110 says to ignore it
        }

        if (equals <= 0 || ParseSpecs(text[(equals + 1)..]) is not { Count: > 0 } specs)
        {
            return OciError.RangeInvalid(
                400, "The Range header is none of bytes=a-b, bytes=a-, bytes=-n, or several of these with commas.");
        }

        if (specs.Count > CountMax)
        {
            return OciError.RangeInvalid(400, $"The Range header asks for more than {CountMax} ranges.");
        }

        ranges = new ByteRanges([.. specs]);
        return null;
    }

    /// <summary>The bytes asked for, in the order of asking. Those that lie past the end are left out; at least one is left.</summary>
    /// <param name="totalBytes">The blob's length.</param>
    /// <param name="resolved">Inside the blob, none empty.</param>
    /// <returns>A 416 where nothing is left, a 400 where it is too much.</returns>
    public OciError? TryResolve(long totalBytes, out IReadOnlyList<ByteRange> resolved)
    {
        List<ByteRange> inside = [];
        var sum = 0m; // 256 ranges of an exabyte are more than a long holds
        foreach (var spec in _specs)
        {
            if (spec.Within(totalBytes) is { } range)
            {
                inside.Add(range);
                sum += range.Length;
            }
        }

        resolved = inside;
        if (inside.Count == 0)
        {
            return OciError.RangeInvalid(416, $"The range asked for is not inside the blob, which has {totalBytes} bytes.");
        }

        return inside.Count > 1 && sum > (decimal)totalBytes * OverlapFactorMax
            ? OciError.RangeInvalid(400, "The ranges asked for add up to more than twice the blob.")
            : null;
    }

    private static List<Spec>? ParseSpecs(ReadOnlySpan<char> text)
    {
        List<Spec> specs = [];
        foreach (var element in text.Split(','))
        {
            var spec = text[element].Trim(OptionalSpace);
            if (spec.IsEmpty)
            {
                continue; // RFC 9110 section 5.6.1: empty elements of a list are to be taken
            }

            var dash = spec.IndexOf('-');
            if (dash < 0 || !TryNumber(spec[..dash], out var first) || !TryNumber(spec[(dash + 1)..], out var last)
                || (first is null && last is null))
            {
                return null;
            }

            specs.Add(new Spec(first, last));
            if (specs.Count > CountMax)
            {
                return specs; // refused by the caller; the rest is not worth reading
            }
        }

        return specs;
    }

    /// <summary>Null where nothing stands; too many digits count as the largest number, since no blob is longer.</summary>
    private static bool TryNumber(ReadOnlySpan<char> digits, out long? number)
    {
        number = null;
        if (digits.IsEmpty)
        {
            return true;
        }

        if (digits.ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        number = long.TryParse(digits, out var parsed) ? parsed : long.MaxValue;
        return true;
    }

    /// <summary>One range as written. Without a first byte, <paramref name="Last"/> counts from the end.</summary>
    private readonly record struct Spec(long? First, long? Last)
    {
        public ByteRange? Within(long totalBytes)
        {
            var first = First ?? Math.Max(0, totalBytes - Last!.Value);
            var last = First is null ? totalBytes - 1 : Math.Min(Last ?? long.MaxValue, totalBytes - 1);
            return first > last ? null : new ByteRange(first, last - first + 1);
        }
    }
}
