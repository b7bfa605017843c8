using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>What a caller who shows a token of ECR's is remembered by, and called.</summary>
internal static class EcrCallerKey
{
    private const int NameBytes = 6;

    private static readonly byte[] Label = "fast-ecr-proxy caller "u8.ToArray();

    /// <summary>Of a token, with what the caller is called.</summary>
    /// <param name="token">A secret.</param>
    /// <param name="name">See <see cref="EcrCallers"/>.</param>
    public static KeyedPrint Of(string token, out string name)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var key = Of(token, digest);
        name = EcrCallers.Prefix + CallerName.Separator + Convert.ToHexStringLower(digest[..NameBytes]);
        return key;
    }

    /// <summary>Of a token.</summary>
    public static KeyedPrint Of(string token)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        return Of(token, digest);
    }

    /// <summary>The key is of the token's digest, so that kilobytes are gone through once for key and name.</summary>
    private static KeyedPrint Of(string token, Span<byte> digest)
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

        return KeyedPrint.Of(digest);
    }
}
