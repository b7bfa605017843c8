namespace FastEcrProxy.Http;

/// <summary>Makes what a client wrote fit for a log: one line, of bounded length, nothing that a terminal obeys.</summary>
internal static class LogText
{
    /// <summary>The text with a question mark for whatever is not printable ASCII; the same string where nothing has to change.</summary>
    /// <param name="text">From outside.</param>
    /// <param name="lengthMax">What is longer is cut, in characters.</param>
    public static string Of(string text, int lengthMax)
    {
        var shown = text.Length > lengthMax ? text[..lengthMax] : text;
        return shown.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? string.Create(shown.Length, shown, static (plain, source) =>
            {
                for (var i = 0; i < source.Length; i++)
                {
                    plain[i] = source[i] is >= ' ' and <= '~' ? source[i] : '?';
                }
            })
            : shown;
    }
}
