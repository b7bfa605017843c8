using System.Buffers;

namespace FastEcrProxy.Upstream;

/// <summary>
/// One of the ways in which a registry says that it may be convinced, as <c>WWW-Authenticate</c> lists them: a scheme, and for
/// tokens where they are and for what.
/// </summary>
/// <remarks>Grammar: RFC 9110, 11.6.1; the parameters: RFC 6750 and the distribution token specification.</remarks>
internal sealed record AuthChallenge(string Scheme)
{
    public const string Basic = "Basic";
    public const string Bearer = "Bearer";

    private const int LengthMax = 8 << 10; // the longest in use are below one
    private const int ChallengesMax = 8;

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Token68Characters =
        SearchValues.Create("-._~+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Where tokens are to be had.</summary>
    public string? Realm { get; private set; }

    /// <summary>What the registry is called there.</summary>
    public string? Service { get; private set; }

    /// <summary>What a token has to be for.</summary>
    public string? Scope { get; private set; }

    /// <summary>What was wrong with the token that was shown: <c>invalid_token</c>, <c>insufficient_scope</c>.</summary>
    public string? Error { get; private set; }

    /// <summary>The challenges of a header up to the first that makes no sense; none where there is no header, or a huge one.</summary>
    public static IReadOnlyList<AuthChallenge> Parse(string? header)
    {
        var challenges = new List<AuthChallenge>();
        if (header is not { Length: <= LengthMax })
        {
            return challenges;
        }

        // A comma stands between challenges as between the parameters of one; only what follows a name tells which it was.
        var rest = header.AsSpan().TrimStart(" \t,");
        while (ReadName(ref rest) is { Length: > 0 } name)
        {
            if (challenges is [.., var current] && rest.TrimStart(" \t") is ['=', .. var value])
            {
                rest = value.TrimStart(" \t");
                if (ReadValue(ref rest) is not { } text)
                {
                    break;
                }

                current.Take(name, text);
            }
            else if (challenges.Count < ChallengesMax)
            {
                challenges.Add(new AuthChallenge(name.ToString()));
                SkipToken68(ref rest);
            }
            else
            {
                break;
            }

            rest = rest.TrimStart(" \t,");
        }

        return challenges;
    }

    /// <summary>The first of a scheme, or null.</summary>
    public static AuthChallenge? Find(IReadOnlyList<AuthChallenge> challenges, string scheme) =>
        challenges.FirstOrDefault(challenge => challenge.Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase));

    /// <summary>Whether of passwords and tokens the registry takes this one only.</summary>
    public static bool IsOnly(string scheme, IReadOnlyList<AuthChallenge> challenges) =>
        Find(challenges, scheme) is not null && Find(challenges, scheme == Basic ? Bearer : Basic) is null;

    /// <summary>Of two with the same name the first counts.</summary>
    private void Take(ReadOnlySpan<char> name, string value)
    {
        if (name.Equals("realm", StringComparison.OrdinalIgnoreCase))
        {
            Realm ??= value;
        }
        else if (name.Equals("service", StringComparison.OrdinalIgnoreCase))
        {
            Service ??= value;
        }
        else if (name.Equals("scope", StringComparison.OrdinalIgnoreCase))
        {
            Scope ??= value;
        }
        else if (name.Equals("error", StringComparison.OrdinalIgnoreCase))
        {
            Error ??= value;
        }
    }

    private static ReadOnlySpan<char> ReadName(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAnyExcept(TokenCharacters);
        var name = end < 0 ? rest : rest[..end];
        rest = rest[name.Length..];
        return name;
    }

    /// <summary>What some schemes have in place of parameters: <c>Negotiate YII…==</c>.</summary>
    private static void SkipToken68(ref ReadOnlySpan<char> rest)
    {
        var text = rest.TrimStart(" \t");
        var end = text.IndexOfAnyExcept(Token68Characters);
        var after = (end < 0 ? default : text[end..]).TrimStart('=').TrimStart(" \t");
        if (end != 0 && after is [] or [',', ..])
        {
            rest = after;
        }
    }

    /// <summary>A quoted string, or what stands there up to the next comma or blank; null where a quote is not closed.</summary>
    private static string? ReadValue(ref ReadOnlySpan<char> rest)
    {
        if (rest is ['"', ..])
        {
            return ReadQuoted(ref rest);
        }

        var end = rest.IndexOfAny(" \t,");
        var value = end < 0 ? rest : rest[..end];
        rest = rest[value.Length..];
        return value.ToString();
    }

    private static string? ReadQuoted(ref ReadOnlySpan<char> rest)
    {
        Span<char> value = rest.Length <= 256 ? stackalloc char[rest.Length] : new char[rest.Length];
        var length = 0;
        for (var i = 1; i < rest.Length; i++)
        {
            if (rest[i] == '"')
            {
                rest = rest[(i + 1)..];
                return value[..length].ToString();
            }

            if (rest[i] == '\\' && ++i == rest.Length)
            {
                break;
            }

            value[length++] = rest[i];
        }

        rest = default;
        return null;
    }
}
