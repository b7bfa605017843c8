namespace FastEcrProxy.Cache;

/// <summary>What is on disk and in which order it was used: the evictor's view. Opening content never needs it.</summary>
/// <remarks>
/// A list through an array of entries, oldest to newest, and a dictionary into it: every call takes constant time under
/// one lock. Pins are counted apart, because only what is being sent has one.
/// </remarks>
internal sealed class ContentIndex
{
    private const int None = -1;

    // How old the stamp on disk may be before a use renews it: order across restarts is good to the minute.
    private const long StampSeconds = 60;

    private readonly Lock _gate = new();
    private readonly Dictionary<DigestKey, int> _slots = [];
    private readonly Dictionary<DigestKey, int> _pins = [];
    private Entry[] _entries = [];
    private int _used;
    private int _free = None;
    private int _oldest = None;
    private int _newest = None;
    private long _bytes;

    /// <summary>Bytes of all that is known to be on disk.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _slots.Count;
            }
        }
    }

    /// <summary>The size it had when it was stored or found; null where it is not known (yet).</summary>
    public long? SizeOf(DigestKey key)
    {
        lock (_gate)
        {
            return _slots.TryGetValue(key, out var slot) ? _entries[slot].Size : null;
        }
    }

    /// <summary>From here to <see cref="Unpin"/> it is not taken by the evictor. Pins add up.</summary>
    public void Pin(DigestKey key)
    {
        lock (_gate)
        {
            _pins[key] = _pins.GetValueOrDefault(key) + 1;
        }
    }

    public void Unpin(DigestKey key)
    {
        lock (_gate)
        {
            if (_pins[key] == 1)
            {
                _pins.Remove(key);
            }
            else
            {
                _pins[key]--;
            }
        }
    }

    /// <summary>It was stored or used now: the newest. True: the stamp on disk is old and should be renewed.</summary>
    public bool Touch(DigestKey key, long size, DateTimeOffset now)
    {
        var seconds = now.ToUnixTimeSeconds();
        lock (_gate)
        {
            var stale = true;
            if (_slots.TryGetValue(key, out var slot))
            {
                stale = seconds - _entries[slot].Stamp >= StampSeconds;
                Volatile.Write(ref _bytes, _bytes + size - _entries[slot].Size);
                _entries[slot].Size = size;
                Unlink(slot);
            }
            else
            {
                slot = NewSlot(key, size);
            }

            LinkNewest(slot);
            if (stale)
            {
                _entries[slot].Stamp = (uint)seconds;
            }

            return stale;
        }
    }

    /// <summary>It was found on disk, used before everything known. Nothing happens where it is known already.</summary>
    public void AddOldest(DigestKey key, long size, DateTimeOffset lastUsed)
    {
        lock (_gate)
        {
            if (_slots.ContainsKey(key))
            {
                return;
            }

            var slot = NewSlot(key, size);
            _entries[slot].Stamp = (uint)Math.Max(0, lastUsed.ToUnixTimeSeconds());
            LinkOldest(slot);
        }
    }

    /// <summary>
    /// Takes the least recently used that nobody reads out of the index; the caller deletes the file. False: there is
    /// none.
    /// </summary>
    public bool TryTakeOldest(out DigestKey key, out long size)
    {
        lock (_gate)
        {
            for (var slot = _oldest; slot != None; slot = _entries[slot].Newer)
            {
                if (!_pins.ContainsKey(_entries[slot].Key))
                {
                    (key, size) = (_entries[slot].Key, _entries[slot].Size);
                    Drop(slot);
                    return true;
                }
            }
        }

        (key, size) = (default, 0);
        return false;
    }

    /// <summary>It is no longer on disk.</summary>
    public void Remove(DigestKey key)
    {
        lock (_gate)
        {
            if (_slots.TryGetValue(key, out var slot))
            {
                Drop(slot);
            }
        }
    }

    private int NewSlot(DigestKey key, long size)
    {
        int slot;
        if (_free != None)
        {
            slot = _free;
            _free = _entries[slot].Newer;
        }
        else
        {
            if (_used == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(64, _entries.Length + (_entries.Length / 2)));
            }

            slot = _used++;
        }

        _entries[slot] = new Entry { Key = key, Size = size };
        _slots.Add(key, slot);
        Volatile.Write(ref _bytes, _bytes + size);
        return slot;
    }

    private void Drop(int slot)
    {
        Unlink(slot);
        _slots.Remove(_entries[slot].Key);
        Volatile.Write(ref _bytes, _bytes - _entries[slot].Size);
        _entries[slot].Newer = _free;
        _free = slot;
    }

    private void LinkNewest(int slot)
    {
        (_entries[slot].Older, _entries[slot].Newer) = (_newest, None);
        SetNewer(_newest, slot);
        _newest = slot;
    }

    private void LinkOldest(int slot)
    {
        (_entries[slot].Older, _entries[slot].Newer) = (None, _oldest);
        SetOlder(_oldest, slot);
        _oldest = slot;
    }

    private void Unlink(int slot)
    {
        var (older, newer) = (_entries[slot].Older, _entries[slot].Newer);
        SetNewer(older, newer);
        SetOlder(newer, older);
    }

    /// <summary>Of no slot: of the list's end.</summary>
    private void SetNewer(int slot, int newer)
    {
        if (slot == None)
        {
            _oldest = newer;
        }
        else
        {
            _entries[slot].Newer = newer;
        }
    }

    private void SetOlder(int slot, int older)
    {
        if (slot == None)
        {
            _newest = older;
        }
        else
        {
            _entries[slot].Older = older;
        }
    }

    /// <summary>One content, and its place in the order of use.</summary>
    private struct Entry
    {
        public DigestKey Key;
        public long Size;
        public uint Stamp; // seconds since 1970, as on disk
        public int Older;
        public int Newer; // of a free slot: the next free one
    }
}
