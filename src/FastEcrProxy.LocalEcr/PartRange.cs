using System.Globalization;
using System.Text.RegularExpressions;

namespace FastEcrProxy.LocalEcr;

/// <summary>Where a part of an upload belongs, by its Content-Range: <c>0-1023</c>, and as HTTP has it <c>bytes 0-1023/*</c>.</summary>
internal sealed partial record PartRange(long First, long Length)
{
    /// <summary>Whether it was sent and says nothing.</summary>
    public bool IsMalformed => Length <= 0;

    /// <summary>Null when none was sent: the part belongs where the upload stands.</summary>
    public static PartRange? Parse(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return null;
        }

        var match = Form().Match(header);
        return match.Success
            && long.TryParse(match.Groups["first"].ValueSpan, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(match.Groups["last"].ValueSpan, CultureInfo.InvariantCulture, out var last)
            ? new(first, last - first + 1)
            : new(0, 0);
    }

    [GeneratedRegex(@"\A(bytes )?(?<first>[0-9]+)-(?<last>[0-9]+)(/([0-9]+|\*))?\z")]
    private static partial Regex Form();
}
