namespace FastEcrProxy.Clients;

/// <summary>A name in a rule, in which <c>*</c> stands for any characters or none, slashes too.</summary>
/// <remarks>Its cost is bounded by the product of both lengths, whatever is compared: a pattern cannot be made slow from outside.</remarks>
internal readonly record struct NamePattern(string Text)
{
    private const char Any = '*';

    public bool Matches(ReadOnlySpan<char> name)
    {
        var pattern = Text.AsSpan();
        int at = 0, of = 0, star = -1, resume = 0;
        while (at < name.Length)
        {
            if (of < pattern.Length && pattern[of] == Any)
            {
                (star, resume) = (of++, at);
            }
            else if (of < pattern.Length && pattern[of] == name[at])
            {
                at++;
                of++;
            }
            else if (star >= 0)
            {
                (of, at) = (star + 1, ++resume); // the last star takes one more
            }
            else
            {
                return false;
            }
        }

        return !pattern[of..].ContainsAnyExcept(Any);
    }
}
