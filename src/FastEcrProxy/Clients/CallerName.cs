using System.Globalization;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>Whether a text that somebody else has written can be the name of a caller or a group: rules and the log have it.</summary>
internal static class CallerName
{
    /// <summary>Between who says so and what is said: <c>github:acme/app</c>.</summary>
    public const char Separator = ':';

    private const int LengthMax = 512; // a subject of GitHub has some hundred characters; longer is no name, but a way to fill memory

    /// <summary>Nothing that cannot be seen, or that makes two names look the same by blanks around them.</summary>
    public static bool IsUsable(string text)
    {
        if (text.Length is 0 or > LengthMax || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
        {
            return false;
        }

        foreach (var rune in text.EnumerateRunes())
        {
            // What is no character at all is read as the replacement character.
            if (rune == Rune.ReplacementChar || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse)
            {
                return false;
            }
        }

        return true;
    }
}
