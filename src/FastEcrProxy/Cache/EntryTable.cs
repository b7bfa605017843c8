using System.Numerics;
using System.Runtime.InteropServices;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>The index's entries by digest: a hash table whose chains run through the entries, so that each digest is there once.</summary>
/// <remarks>
/// It grows by linear hashing: each new entry brings one chain, which takes its share from one other. So there is no moment
/// at which everything is moved, and a blob costs 64 bytes however many there are. Whoever calls has the lock.
/// </remarks>
internal sealed class EntryTable
{
    public const int None = -1;

    private readonly PagedList<Entry> _entries = new();
    private readonly PagedList<int> _chains = new(); // the first entry of each
    private int _free = None;

    public int Count { get; private set; }

    public ref Entry this[int slot] => ref _entries[slot];

    /// <summary>Where the entry of a digest is, or <see cref="None"/>.</summary>
    public int Find(DigestKey key)
    {
        var slot = _chains.Count == 0 ? None : _chains[ChainOf(key)];
        while (slot != None)
        {
            ref var entry = ref _entries[slot];
            if (entry.Key == key)
            {
                break;
            }

            slot = entry.Next;
        }

        return slot;
    }

    /// <summary>Makes the entry of a digest that has none yet.</summary>
    public int Add(DigestKey key)
    {
        var slot = _free;
        if (slot == None)
        {
            slot = _entries.Add(default);
            AddChain();
        }
        else
        {
            _free = _entries[slot].Next;
        }

        ref var chain = ref _chains[ChainOf(key)];
        _entries[slot] = new Entry { Key = key, Next = chain };
        chain = slot;
        Count++;
        return slot;
    }

    /// <summary>Takes an entry out; its place goes to the next one that is added.</summary>
    public void Remove(int slot)
    {
        ref var link = ref _chains[ChainOf(_entries[slot].Key)];
        while (link != slot)
        {
            link = ref _entries[link].Next;
        }

        link = _entries[slot].Next;
        _entries[slot].Next = _free;
        _free = slot;
        Count--;
    }

    /// <summary>One chain more. What belongs to it was in the chain whose number is the same without the highest bit.</summary>
    private void AddChain()
    {
        var added = _chains.Add(None);
        if (added == 0)
        {
            return;
        }

        ref var link = ref _chains[added & ~(1 << BitOperations.Log2((uint)added))];
        while (link != None)
        {
            var slot = link;
            ref var next = ref _entries[slot].Next;
            if (ChainOf(_entries[slot].Key) != added)
            {
                link = ref next;
                continue;
            }

            link = next;
            next = _chains[added];
            _chains[added] = slot;
        }
    }

    /// <summary>As many bits of the hash as number all chains; where that chain is still to come, one bit less.</summary>
    private int ChainOf(DigestKey key)
    {
        var mask = (int)BitOperations.RoundUpToPowerOf2((uint)_chains.Count) - 1;
        var chain = key.GetHashCode() & mask;
        return chain < _chains.Count ? chain : chain & (mask >> 1);
    }

    /// <summary>One content, and its place in the order of use.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = sizeof(int))] // there are very many, and aligned to eight bytes each had four of nothing
    public struct Entry
    {
        public DigestKey Key;
        public int Next; // in its chain; of a free one: the next free one
        public int Older;
        public int Newer;
        public uint Stamp; // seconds since 1970, as on disk
        public long Size;
    }
}
