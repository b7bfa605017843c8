using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>
/// The Bearer tokens of the Docker token flow: what the client showed to get one, encrypted, and until when it is good. Nothing
/// is kept here, and what was true of the credentials stays so: a user who is removed is out at once.
/// </summary>
/// <remarks>Form: <c>fep1.</c> and Base64url of nonce, tag and AES-256-GCM of the time (Unix seconds) and the two texts.</remarks>
internal sealed class SealedCredentials : IDisposable
{
    /// <summary>
    /// How long a token is good. Clients get the next one by themselves, except that containerd up to 1.6.24 shows its first one for
    /// as long as a pull takes; and what is in it is checked with each request, so that a long life lets nobody in who is out.
    /// </summary>
    public static readonly TimeSpan Lasting = TimeSpan.FromHours(1);

    private const string Prefix = "fep1.";
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int TimeBytes = sizeof(long);
    private const int TokenLengthMax = 32 << 10; // an ECR token has some 4 KiB

    private readonly AesGcm _cipher;
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;

    /// <param name="secret">Any text that all proxies behind one name share; null: a key of this process.</param>
    /// <param name="time">The clock.</param>
    public SealedCredentials(string? secret, TimeProvider time)
    {
        var key = secret is null
            ? RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes)
            : HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), SHA256.HashSizeInBytes, info: "fep1"u8.ToArray());
        (_cipher, _time) = (new AesGcm(key, TagBytes), time);
    }

    /// <summary>Whether a Bearer token is one of these, good or not.</summary>
    public static bool IsOne(string token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>A token for what was shown; both null for a client that showed nothing.</summary>
    public string Seal(string? user, string? password)
    {
        var text = Encoding.UTF8.GetBytes(user is null ? "" : $"{user}:{password}");
        var plain = new byte[TimeBytes + text.Length];
        BinaryPrimitives.WriteInt64BigEndian(plain, (_time.GetUtcNow() + Lasting).ToUnixTimeSeconds());
        text.CopyTo(plain, TimeBytes);
        var sealedBytes = new byte[NonceBytes + TagBytes + plain.Length];
        var nonce = sealedBytes.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        lock (_gate)
        {
            _cipher.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceBytes + TagBytes), sealedBytes.AsSpan(NonceBytes, TagBytes));
        }

        CryptographicOperations.ZeroMemory(plain);
        CryptographicOperations.ZeroMemory(text);
        return Prefix + Base64Url.EncodeToString(sealedBytes);
    }

    /// <summary>What was shown for a token that this or a proxy with the same secret gave out and that has not expired.</summary>
    /// <param name="token">As the client sent it.</param>
    /// <param name="proof">What is known of the client besides. Of the result neither user nor token is there if it showed nothing.</param>
    /// <param name="opened">The same with what the token holds.</param>
    public bool TryOpen(string token, ClientProof proof, [NotNullWhen(true)] out ClientProof? opened)
    {
        opened = null;
        if (!IsOne(token) || token.Length > TokenLengthMax || !TryDecode(token.AsSpan(Prefix.Length), out var bytes))
        {
            return false;
        }

        var plain = new byte[bytes.Length - NonceBytes - TagBytes];
        try
        {
            lock (_gate)
            {
                _cipher.Decrypt(
                    bytes.AsSpan(0, NonceBytes), bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), plain);
            }
        }
        catch (CryptographicException)
        {
            return false;
        }

        if (BinaryPrimitives.ReadInt64BigEndian(plain) <= _time.GetUtcNow().ToUnixTimeSeconds())
        {
            return false;
        }

        var text = Encoding.UTF8.GetString(plain.AsSpan(TimeBytes));
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        opened = colon < 0
            ? proof with { Bearer = null }
            : proof with { Bearer = null, User = text[..colon], Password = text[(colon + 1)..] };
        return true;
    }

    public void Dispose() => _cipher.Dispose();

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text, out var length) || length < NonceBytes + TagBytes + TimeBytes)
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}
