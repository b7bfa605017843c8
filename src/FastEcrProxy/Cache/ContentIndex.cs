using System.Runtime.InteropServices;

namespace FastEcrProxy.Cache;

/// <summary>What is on disk and in which order it was used: the evictor's view. Opening content never needs it.</summary>
/// <remarks>
/// A list through the entries of a table, oldest to newest: every call takes constant time under one lock. Pins are counted
/// apart, because only what is being sent has one.
/// </remarks>
internal sealed class ContentIndex
{
    private const int None = EntryTable.None;

    // How old the stamp on disk may be before a use renews it: order across restarts is good to the minute.
    private const long StampSeconds = 60;

    private readonly Lock _gate = new();
    private readonly EntryTable _entries = new();
    private readonly Dictionary<DigestKey, int> _pins = [];
    private int _oldest = None;
    private int _newest = None;
    private long _bytes;
    private long _pinnedBytes;

    /// <summary>Bytes of all that is known to be on disk.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Bytes of all that nobody reads now.</summary>
    public long UnpinnedBytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes - _pinnedBytes;
            }
        }
    }

    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>The size it had when it was stored or found; null where it is not known (yet).</summary>
    public long? SizeOf(DigestKey key)
    {
        lock (_gate)
        {
            return _entries.Find(key) is not None and var slot ? _entries[slot].Size : null;
        }
    }

    /// <summary>From here to <see cref="Unpin"/> it is not taken by the evictor. Pins add up.</summary>
    public void Pin(DigestKey key)
    {
        lock (_gate)
        {
            ref var pins = ref CollectionsMarshal.GetValueRefOrAddDefault(_pins, key, out _);
            if (++pins == 1 && _entries.Find(key) is not None and var slot)
            {
                _pinnedBytes += _entries[slot].Size;
            }
        }
    }

    public void Unpin(DigestKey key)
    {
        lock (_gate)
        {
            ref var pins = ref CollectionsMarshal.GetValueRefOrNullRef(_pins, key);
            if (--pins > 0)
            {
                return;
            }

            _pins.Remove(key);
            if (_entries.Find(key) is not None and var slot)
            {
                _pinnedBytes -= _entries[slot].Size;
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
            var slot = _entries.Find(key);
            if (slot != None)
            {
                stale = seconds - _entries[slot].Stamp >= StampSeconds;
                Resize(slot, size);
                Unlink(slot);
            }
            else
            {
                slot = _entries.Add(key);
                Resize(slot, size);
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
            if (_entries.Find(key) != None)
            {
                return;
            }

            var slot = _entries.Add(key);
            Resize(slot, size);
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
            if (_entries.Find(key) is not None and var slot)
            {
                Drop(slot);
            }
        }
    }

    private void Drop(int slot)
    {
        Resize(slot, 0);
        Unlink(slot);
        _entries.Remove(slot);
    }

    /// <summary>The one place where bytes are counted.</summary>
    private void Resize(int slot, long size)
    {
        ref var entry = ref _entries[slot];
        var more = size - entry.Size;
        entry.Size = size;
        Volatile.Write(ref _bytes, _bytes + more);
        if (_pins.ContainsKey(entry.Key))
        {
            _pinnedBytes += more;
        }
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
}
