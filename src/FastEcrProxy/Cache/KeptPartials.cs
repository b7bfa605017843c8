using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>
/// Downloads that ended early and stay on disk to be gone on with: what they are, how much room they take, the oldest
/// first.
/// </summary>
internal sealed class KeptPartials(CacheDirectory directory)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(Digest Digest, long Length)> _kept = []; // a handful: outages are rare and layers few

    /// <summary>Adds one, the newest.</summary>
    public void Add(Digest digest, long length)
    {
        lock (_gate)
        {
            _kept.AddLast((digest, length));
        }
    }

    /// <summary>Takes one to go on with it; its length, or null where it was not kept.</summary>
    public long? Take(Digest digest)
    {
        lock (_gate)
        {
            for (var node = _kept.First; node is not null; node = node.Next)
            {
                if (node.Value.Digest == digest)
                {
                    _kept.Remove(node);
                    return node.Value.Length;
                }
            }
        }

        return null;
    }

    /// <summary>Bytes that all of them take.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _kept.Sum(static partial => partial.Length);
            }
        }
    }

    /// <summary>Deletes the oldest to make room. False: none is left.</summary>
    /// <param name="release">Told the bytes that it took, even where the disk refuses to delete it.</param>
    public bool DropOldest(Action<long> release)
    {
        (Digest Digest, long Length) oldest;
        lock (_gate)
        {
            if (_kept.First is null)
            {
                return false;
            }

            oldest = _kept.First.Value;
            _kept.RemoveFirst();
        }

        release(oldest.Length);
        Delete(oldest.Digest);
        return true;
    }

    /// <summary>Removes the files of a partial, kept or not.</summary>
    public void Delete(Digest digest)
    {
        PartialRecord.Delete(directory.Partial(digest));
        CacheDirectory.Remove(directory.Partial(digest));
    }
}
