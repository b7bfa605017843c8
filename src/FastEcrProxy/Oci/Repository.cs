using System.Buffers;

namespace FastEcrProxy.Oci;

/// <summary>The name of a repository, as clients write it between <c>/v2/</c> and the noun. Holding one proves the grammar.</summary>
/// <remarks>
/// Grammar: distribution-spec, "Pulling manifests": components <c>[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*</c> joined by slashes.
/// ECR's model has the same and 2 to 256 characters (botocore RepositoryName); the lower bound is left to the registry.
/// </remarks>
internal readonly record struct Repository
{
    /// <summary>Characters.</summary>
    public const int LengthMax = 256;

    private static readonly SearchValues<char> LowerAlphanumeric = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    private readonly string _text;

    private Repository(string text) => _text = text;

    public static bool TryParse(ReadOnlySpan<char> text, out Repository repository)
    {
        repository = default;
        if (text.Length > LengthMax || !IsName(text))
        {
            return false;
        }

        repository = new Repository(text.ToString());
        return true;
    }

    public override string ToString() => _text;

    /// <summary>Letters and digits, with one separator at a time between: a slash is one more of these.</summary>
    private static bool IsName(ReadOnlySpan<char> text)
    {
        while (true)
        {
            var separator = text.IndexOfAnyExcept(LowerAlphanumeric);
            if (separator < 0)
            {
                return text.Length > 0;
            }

            var separatorLength = SeparatorLength(text[separator..]);
            if (separator == 0 || separatorLength == 0)
            {
                return false;
            }

            text = text[(separator + separatorLength)..];
        }
    }

    /// <summary>One slash, one dot, one or two underscores, or any number of dashes; zero where none of these stands.</summary>
    private static int SeparatorLength(ReadOnlySpan<char> text) => text[0] switch
    {
        '/' or '.' => 1,
        '_' => text.StartsWith("__", StringComparison.Ordinal) ? 2 : 1,
        '-' => text.IndexOfAnyExcept('-') is > 0 and var dashes ? dashes : text.Length,
        _ => 0,
    };
}
