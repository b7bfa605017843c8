using System.Buffers.Binary;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>A digest in 40 bytes instead of a string, since the index holds one for every blob on disk.</summary>
/// <remarks>Of a SHA-512 digest only the first half: enough to tell blobs apart, not to write the name again.</remarks>
internal readonly record struct DigestKey
{
    private const int KeptBytes = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private DigestKey(ReadOnlySpan<byte> hash, bool isSha512)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(hash);
        _b = BinaryPrimitives.ReadUInt64BigEndian(hash[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(hash[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(hash[24..]);
        IsSha512 = isSha512;
    }

    public bool IsSha512 { get; }

    /// <summary>The first 64 hex digits of the digest: for SHA-256, all of them.</summary>
    public string Hex => $"{_a:x16}{_b:x16}{_c:x16}{_d:x16}";

    public static DigestKey Of(Digest digest)
    {
        Span<byte> hash = stackalloc byte[KeptBytes];
        Convert.FromHexString(digest.Hex[..(2 * KeptBytes)], hash, out _, out _);
        return new DigestKey(hash, digest.IsSha512);
    }

    // The hash is as random as anything: eight bytes of it spread over a table on their own.
    public override int GetHashCode() => _a.GetHashCode();
}
