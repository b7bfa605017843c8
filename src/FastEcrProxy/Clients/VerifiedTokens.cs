using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>
/// Who showed a token that was checked not long ago: an image of fifty layers costs one check. A token is kept as a keyed hash
/// under a key that the process made: a copy of the memory gives nobody a token.
/// </summary>
internal sealed class VerifiedTokens(TimeProvider time)
{
    /// <summary>Most that are kept: a megabyte or two. Who is forgotten is checked again.</summary>
    public const int EntriesMax = 4096;

    /// <summary>Longest that a check counts: so long a withdrawn key, or a claim that is required anew, may go unnoticed.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly Dictionary<Print, Entry> _known = [];
    private readonly Lock _gate = new();

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _known.Count;
            }
        }
    }

    public Caller? Recall(string token)
    {
        var print = PrintOf(token);
        lock (_gate)
        {
            return _known.TryGetValue(print, out var entry) && !IsOver(entry) ? entry.Caller : null;
        }
    }

    /// <param name="token">What was checked.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="left">How long the token itself is good.</param>
    public void Remember(string token, Caller caller, TimeSpan left)
    {
        var print = PrintOf(token);
        lock (_gate)
        {
            if (_known.Count >= EntriesMax)
            {
                MakeRoom();
            }

            _known[print] = new Entry(caller, time.GetTimestamp(), left < Longest ? left : Longest);
        }
    }

    /// <summary>Forgets what is over; where nothing is, everything: only an issuer can fill this, and a check is cheap.</summary>
    private void MakeRoom()
    {
        foreach (var (print, entry) in _known)
        {
            if (IsOver(entry))
            {
                _known.Remove(print);
            }
        }

        if (_known.Count >= EntriesMax)
        {
            _known.Clear();
        }
    }

    private bool IsOver(Entry entry) => time.GetElapsedTime(entry.At) >= entry.Lasting;

    private Print PrintOf(string token)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(token.Length));
        var length = Encoding.UTF8.GetBytes(token, bytes);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, bytes.AsSpan(0, length), hash);
        CryptographicOperations.ZeroMemory(bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
        return new Print(
            BitConverter.ToUInt64(hash), BitConverter.ToUInt64(hash[8..]),
            BitConverter.ToUInt64(hash[16..]), BitConverter.ToUInt64(hash[24..]));
    }

    /// <summary>A keyed hash as a key of the table. Where two of them differ tells nobody anything: they are keyed.</summary>
    private readonly record struct Print(ulong A, ulong B, ulong C, ulong D);

    /// <summary>Who, since when, and how long.</summary>
    private readonly record struct Entry(Caller Caller, long At, TimeSpan Lasting);
}
