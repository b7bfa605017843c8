using System.Buffers;
using System.Security.Cryptography;

namespace FastEcrProxy.Oci;

/// <summary>
/// The name of content by its hash, <c>sha256:…</c> or <c>sha512:…</c>. Holding one proves the text was well formed:
/// lower-case hex of the right length. Other algorithms are refused, since bytes that cannot be verified are never stored.
/// </summary>
/// <remarks>Grammar: OCI image-spec descriptor.md, "Digests".</remarks>
internal readonly record struct Digest
{
    private const string Sha256Prefix = "sha256:";
    private const string Sha512Prefix = "sha512:";
    private const int Sha256HexLength = 64;
    private const int Sha512HexLength = 128;
    private const int AlgorithmLength = 6; // "sha256" and "sha512" alike

    private static readonly SearchValues<char> LowerHex = SearchValues.Create("0123456789abcdef");

    private readonly string _text;

    private Digest(string text) => _text = text;

    /// <summary>The part before the colon, as it names a directory of the cache.</summary>
    public ReadOnlySpan<char> Algorithm => _text.AsSpan(0, AlgorithmLength);

    /// <summary>The part after the colon.</summary>
    public ReadOnlySpan<char> Hex => _text.AsSpan(AlgorithmLength + 1);

    /// <summary>Whether this names SHA-512 content; otherwise it is SHA-256.</summary>
    public bool IsSha512 => _text.Length > Sha256Prefix.Length + Sha256HexLength;

    /// <summary>Whether the text is a digest, for who does not keep it as one.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        var isOfItsLength =
            (text.Length == Sha256Prefix.Length + Sha256HexLength && text.StartsWith(Sha256Prefix, StringComparison.Ordinal))
            || (text.Length == Sha512Prefix.Length + Sha512HexLength && text.StartsWith(Sha512Prefix, StringComparison.Ordinal));
        return isOfItsLength && !text[Sha256Prefix.Length..].ContainsAnyExcept(LowerHex);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out Digest digest)
    {
        if (IsWellFormed(text))
        {
            digest = new Digest(text.ToString());
            return true;
        }

        digest = default;
        return false;
    }

    /// <summary>The SHA-256 name of bytes at hand, for manifests that came without one.</summary>
    public static Digest Of(ReadOnlySpan<byte> content) =>
        new(Sha256Prefix + Convert.ToHexStringLower(SHA256.HashData(content)));

    /// <summary>A hash of its algorithm, of nothing yet; what comes of it is for <see cref="Matches"/>.</summary>
    public IncrementalHash NewHash() =>
        IncrementalHash.CreateHash(IsSha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);

    /// <summary>Whether a finished hash of this digest's algorithm is the one that it names.</summary>
    public bool Matches(ReadOnlySpan<byte> hash) => Hex.SequenceEqual(Convert.ToHexStringLower(hash));

    /// <summary>Whether bytes at hand are the ones that it names.</summary>
    public bool IsOf(ReadOnlySpan<byte> content) => Matches(
        IsSha512
            ? SHA512.HashData(content)
            : SHA256.HashData(content));

    public override string ToString() => _text;
}
