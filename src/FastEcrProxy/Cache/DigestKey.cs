using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>A digest in 36 bytes instead of a string, since the index holds one for every blob on disk.</summary>
/// <remarks>Of a SHA-512 digest only the first half: enough to tell blobs apart, not to write the name again.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = sizeof(int))]
internal readonly record struct DigestKey
{
    private const int PartHexLength = 16;
    private const int KeptHexLength = 4 * PartHexLength;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private DigestKey(ReadOnlySpan<char> hex)
    {
        _a = Part(hex, 0);
        _b = Part(hex, 1);
        _c = Part(hex, 2);
        _d = Part(hex, 3);
        IsSha512 = hex.Length > KeptHexLength;
    }

    public bool IsSha512 { get; }

    /// <summary>The first 64 hex digits of the digest: for SHA-256, all of them.</summary>
    public string Hex => $"{_a:x16}{_b:x16}{_c:x16}{_d:x16}";

    /// <summary>
    /// The first 16 bytes, where many are kept and none is written again: to make other content with the same takes 2^128
    /// tries.
    /// </summary>
    public (ulong High, ulong Low) Half => (_a, _b);

    public static DigestKey Of(Digest digest) => new(digest.Hex);

    /// <summary>The key of a digest as text, without a string for each.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DigestKey key)
    {
        var isDigest = Digest.IsWellFormed(text);
        key = isDigest ? new DigestKey(text[(text.IndexOf(':') + 1)..]) : default;
        return isDigest;
    }

    // The hash is as random as anything: eight bytes of it spread over a table on their own.
    public override int GetHashCode() => _a.GetHashCode();

    /// <summary>Every request does this, several times: sixteen digits in a few instructions, unchecked, since the digest was.</summary>
    private static ulong Part(ReadOnlySpan<char> hex, int index)
    {
        var digits = MemoryMarshal.Cast<char, ushort>(hex.Slice(index * PartHexLength, PartHexLength));
        var first = Vector128.Create(digits[..Vector128<ushort>.Count]);
        var second = Vector128.Create(digits[Vector128<ushort>.Count..]);
        var text = Vector128.Narrow(first, second);

        // Of a letter, bit 6 is set, and its low nibble is nine less than its value.
        var values = (text & Vector128.Create((byte)0x0F)) + (Vector128.ShiftRightLogical(text, 6) * 9);

        // Two digits make a byte, of which the first is the higher.
        var pairs = values.AsUInt16();
        var bytes = Vector128.ShiftLeft(pairs & Vector128.Create((ushort)0x0F), 4) | Vector128.ShiftRightLogical(pairs, 8);
        return BinaryPrimitives.ReverseEndianness(Vector128.Narrow(bytes, bytes).AsUInt64()[0]);
    }
}
