namespace FastEcrProxy.Clients;

/// <summary>
/// Who showed something that was checked not long ago: an image of fifty layers costs one check. What was shown is kept as a
/// <see cref="KeyedPrint"/>: a copy of the memory gives nobody a password or a token.
/// </summary>
internal sealed class CallerMemory(TimeProvider time)
{
    /// <summary>Most that are kept: some 2 MB. Who is forgotten is checked again.</summary>
    public const int EntriesMax = 10_000;

    private readonly Dictionary<KeyedPrint, Entry> _known = [];
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

    /// <summary>Who showed exactly this not long ago; null where nobody did.</summary>
    public Caller? Recall(string shown)
    {
        var print = KeyedPrint.Of(shown);
        lock (_gate)
        {
            return _known.TryGetValue(print, out var entry) && !IsOver(entry) ? entry.Caller : null;
        }
    }

    /// <summary>Takes note of a check that went well.</summary>
    /// <param name="shown">What was checked.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="lasting">How long that counts.</param>
    public void Remember(string shown, Caller caller, TimeSpan lasting)
    {
        var print = KeyedPrint.Of(shown);
        lock (_gate)
        {
            if (_known.Count >= EntriesMax)
            {
                MakeRoom();
            }

            _known[print] = new Entry(caller, time.GetTimestamp(), lasting);
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

    /// <summary>Forgets what is over; where nothing is, everything: only who is right can fill this.</summary>
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

    /// <summary>Who, since when, and how long.</summary>
    private readonly record struct Entry(Caller Caller, long At, TimeSpan Lasting);
}
