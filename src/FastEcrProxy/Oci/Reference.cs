using System.Buffers;

namespace FastEcrProxy.Oci;

/// <summary>What follows <c>manifests/</c>: a tag or a digest. Holding one proves the grammar.</summary>
/// <remarks>Grammar of tags: distribution-spec, <c>[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}</c>.</remarks>
internal readonly record struct Reference
{
    private const int TagLengthMax = 128;

    private static readonly SearchValues<char> TagCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

    private readonly string? _tag;
    private readonly Digest _digest;

    private Reference(string tag) => _tag = tag;

    public Reference(Digest digest) => _digest = digest;

    public bool IsDigest => _tag is null;

    /// <summary>The digest. Only where <see cref="IsDigest"/>.</summary>
    public Digest Digest => _digest;

    /// <summary>The tag. Empty where <see cref="IsDigest"/>.</summary>
    public string Tag => _tag ?? "";

    public static bool TryParse(ReadOnlySpan<char> text, out Reference reference)
    {
        reference = default;
        if (text.Contains(':'))
        {
            if (!Digest.TryParse(text, out var digest))
            {
                return false;
            }

            reference = new Reference(digest);
            return true;
        }

        if (text.Length is 0 or > TagLengthMax || text[0] is '.' or '-' || text.ContainsAnyExcept(TagCharacters))
        {
            return false;
        }

        reference = new Reference(text.ToString());
        return true;
    }

    public override string ToString() => _tag ?? _digest.ToString();
}
