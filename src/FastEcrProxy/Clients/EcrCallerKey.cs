using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>A caller's token as it is remembered: a hash of it under a key that only this process has, never the token.</summary>
/// <param name="High">Half of the hash.</param>
/// <param name="Low">The other half.</param>
internal readonly record struct EcrCallerKey(UInt128 High, UInt128 Low)
{
    private const int NameBytes = 6;

    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);

    private static readonly byte[] Label = "fast-ecr-proxy caller "u8.ToArray();

    /// <summary>Of a token, with what the caller is called.</summary>
    /// <param name="token">A secret.</param>
    /// <param name="name">See <see cref="EcrCallers"/>.</param>
    public static EcrCallerKey Of(string token, out string name)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var key = Of(token, digest);
        name = EcrCallers.Prefix + CallerName.Separator + Convert.ToHexStringLower(digest[..NameBytes]);
        return key;
    }

    /// <summary>Of a token.</summary>
    public static EcrCallerKey Of(string token)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        return Of(token, digest);
    }

    /// <summary>The key is of the token's digest, so that kilobytes are gone through once for key and name.</summary>
    private static EcrCallerKey Of(string token, Span<byte> digest)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Label.Length + Encoding.UTF8.GetMaxByteCount(token.Length));
        try
        {
            Label.CopyTo(bytes, 0);
            var length = Label.Length + Encoding.UTF8.GetBytes(token, bytes.AsSpan(Label.Length));
            SHA256.HashData(bytes.AsSpan(0, length), digest);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }

        Span<byte> keyed = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(ProcessKey, digest, keyed);
        return new EcrCallerKey(
            BinaryPrimitives.ReadUInt128BigEndian(keyed), BinaryPrimitives.ReadUInt128BigEndian(keyed[(keyed.Length / 2)..]));
    }

    public override string ToString() => "a caller's token"; // not even its hash belongs into a log
}
