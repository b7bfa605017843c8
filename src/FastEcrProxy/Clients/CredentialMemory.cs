using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>
/// Remembers for a while who showed what, so that an image of fifty layers costs one check of a password. What was shown is kept
/// as a keyed hash under a key that the process made: a copy of the memory gives nobody a password.
/// </summary>
/// <param name="lasting">How long somebody is remembered.</param>
/// <param name="time">The clock.</param>
internal sealed class CredentialMemory(TimeSpan lasting, TimeProvider time)
{
    private const int EntriesMax = 10_000; // some 2 MB; who is forgotten is checked again

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes);
    private readonly Dictionary<Print, (Caller Caller, long At)> _known = [];
    private readonly Lock _gate = new();

    /// <summary>Who showed exactly this not long ago; null where nobody did.</summary>
    public Caller? Recall(string user, string password)
    {
        var print = PrintOf(user, password);
        lock (_gate)
        {
            return _known.TryGetValue(print, out var known) && time.GetElapsedTime(known.At) < lasting ? known.Caller : null;
        }
    }

    /// <summary>Takes note of a check that went well.</summary>
    public void Remember(string user, string password, Caller caller)
    {
        var print = PrintOf(user, password);
        lock (_gate)
        {
            if (_known.Count >= EntriesMax)
            {
                ForgetOld();
            }

            _known[print] = (caller, time.GetTimestamp());
        }
    }

    /// <summary>Forgets everybody: what was right may be wrong now.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _known.Clear();
        }
    }

    private void ForgetOld()
    {
        foreach (var (print, known) in _known)
        {
            if (time.GetElapsedTime(known.At) >= lasting)
            {
                _known.Remove(print);
            }
        }

        if (_known.Count >= EntriesMax)
        {
            _known.Clear();
        }
    }

    private Print PrintOf(string user, string password)
    {
        // A user has no line feed (RFC 7617 forbids controls), so no two pairs are written alike.
        var text = Encoding.UTF8.GetBytes($"{user}\n{password}");
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text, hash);
        CryptographicOperations.ZeroMemory(text);
        return MemoryMarshal.Read<Print>(hash);
    }

    /// <summary>A keyed hash as a key of the table. Where two of them differ tells nobody anything: they are keyed.</summary>
    private readonly record struct Print(ulong A, ulong B, ulong C, ulong D);
}
