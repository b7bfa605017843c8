using System.Collections.Concurrent;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>The manifests that are asked for again and again, in memory: for them no file is opened, read or hashed.</summary>
/// <remarks>
/// In a ring: one that was used since its last turn gets another, so what a fleet pulls stays when somebody walks
/// through everything once. Looking one up takes no lock.
/// </remarks>
internal sealed class HotManifests(long bytesMax)
{
    // One that would push out dozens of others is read from disk each time; sending it costs more than that.
    private const int ShareMax = 32;

    private readonly ConcurrentDictionary<DigestKey, LinkedListNode<HotManifest>> _nodes = new(); // changed under the gate only
    private readonly LinkedList<HotManifest> _ring = []; // whose turn it is first
    private readonly Lock _gate = new();
    private long _bytes;

    /// <summary>The manifest, or null.</summary>
    public HotManifest? TryGet(Digest digest)
    {
        if (!_nodes.TryGetValue(DigestKey.Of(digest), out var node) || node.Value.Manifest.Digest != digest)
        {
            return null;
        }

        if (!node.Value.WasUsed) // written only where it changes: the cores share this line
        {
            node.Value.WasUsed = true;
        }

        return node.Value;
    }

    /// <summary>Keeps one that is verified, in place of whatever has its name.</summary>
    public void Put(HotManifest manifest)
    {
        if (manifest.Bytes > bytesMax / ShareMax)
        {
            return;
        }

        var key = DigestKey.Of(manifest.Manifest.Digest);
        lock (_gate)
        {
            Drop(key);
            _nodes[key] = _ring.AddLast(manifest);
            _bytes += manifest.Bytes;
            while (_bytes > bytesMax)
            {
                Turn();
            }
        }
    }

    public void Remove(DigestKey key)
    {
        lock (_gate)
        {
            Drop(key);
        }
    }

    /// <summary>The next one gives up its place, or the mark of its use: nobody keeps both for two turns unasked.</summary>
    private void Turn()
    {
        var next = _ring.First!;
        if (next.Value.WasUsed)
        {
            next.Value.WasUsed = false;
            _ring.RemoveFirst();
            _ring.AddLast(next);
            return;
        }

        Drop(DigestKey.Of(next.Value.Manifest.Digest));
    }

    private void Drop(DigestKey key)
    {
        if (_nodes.TryRemove(key, out var node))
        {
            _ring.Remove(node);
            _bytes -= node.Value.Bytes;
        }
    }
}
