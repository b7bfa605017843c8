using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>A secret as it is remembered: a hash of it under a key that only this process has, never the secret.</summary>
/// <remarks>Where two of them differ tells nobody anything, so they may be keys of a table.</remarks>
/// <param name="High">Half of the hash.</param>
/// <param name="Low">The other half.</param>
internal readonly record struct KeyedPrint(UInt128 High, UInt128 Low)
{
    private static readonly byte[] ProcessKey = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);

    public static KeyedPrint Of(string secret)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(secret.Length));
        try
        {
            return Of(bytes.AsSpan(0, Encoding.UTF8.GetBytes(secret, bytes)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes, clearArray: true);
        }
    }

    public static KeyedPrint Of(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(ProcessKey, secret, hash);
        return new KeyedPrint(
            BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[(hash.Length / 2)..]));
    }

    public override string ToString() => "a print of a secret"; // not even its hash belongs into a log
}
