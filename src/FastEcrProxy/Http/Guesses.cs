using System.Collections.Concurrent;
using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>
/// The layers that were fetched before anybody asked for them, until somebody does, and how each turned out. A guess that
/// was wrong stays known: it is not made again before a client has asked for the layer itself.
/// </summary>
/// <remarks>Bookkeeping without threads; only <see cref="MayHave"/> needs no guard.</remarks>
internal sealed class Guesses(TimeProvider time, ProxyMetrics metrics)
{
    private const int Most = 4096; // a megabyte; the oldest is given up for a new one

    // A pull of some gigabytes over a slow line comes to its last layer much later than to its manifest, but not by hours.
    private static readonly TimeSpan UsedWithin = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<DigestKey, LinkedListNode<Guess>> _nodes = new();
    private readonly LinkedList<Guess> _oldestFirst = [];

    /// <summary>Whether it is worth a look under the guard. Asked with every blob that is sent.</summary>
    public bool MayHave(Digest digest) => _nodes.ContainsKey(DigestKey.Of(digest));

    /// <summary>How many of these were fetched for this manifest and have not been asked for.</summary>
    public int Count(DigestKey manifest, IEnumerable<Digest> among) => among.Count(
        digest => _nodes.TryGetValue(DigestKey.Of(digest), out var node) && node.Value.Image.Manifest == manifest);

    /// <summary>Adds a layer before it begins, so that no client that asks for it from then on is missed; null where it does not.</summary>
    public Guess? TryAdd(Digest digest, PulledImage image, Func<bool> begin)
    {
        var guess = new Guess(digest, image, time.GetTimestamp());
        _nodes[guess.Key] = _oldestFirst.AddLast(guess);
        if (!begin())
        {
            Remove(guess.Key);
            return null;
        }

        metrics.PrefetchStarted();
        if (_nodes.Count > Most)
        {
            var oldest = _oldestFirst.First!.Value;
            CountWasted(oldest);
            Remove(oldest.Key);
        }

        return guess;
    }

    /// <summary>A client asks for it: the guess, which is forgotten; null where it was none.</summary>
    public Guess? Take(Digest digest)
    {
        if (Remove(DigestKey.Of(digest)) is not { } guess)
        {
            return null;
        }

        if (!guess.IsOver)
        {
            metrics.PrefetchUsed();
        }

        return guess;
    }

    /// <summary>It could not be had. One that a client has asked for meanwhile is that client's affair.</summary>
    public void Failed(Guess guess)
    {
        if (!guess.IsOver && _nodes.TryGetValue(guess.Key, out var node) && node.Value == guess)
        {
            guess.IsOver = true;
            metrics.PrefetchFailed();
        }
    }

    /// <summary>Nobody will ask any more for those of an hour ago.</summary>
    public void GiveUpOld()
    {
        foreach (var guess in _oldestFirst.TakeWhile(guess => time.GetElapsedTime(guess.MadeAt) >= UsedWithin))
        {
            CountWasted(guess);
        }
    }

    private void CountWasted(Guess guess)
    {
        if (!guess.IsOver)
        {
            guess.IsOver = true;
            metrics.PrefetchWasted();
        }
    }

    private Guess? Remove(DigestKey key)
    {
        if (!_nodes.TryRemove(key, out var node))
        {
            return null;
        }

        _oldestFirst.Remove(node);
        return node.Value;
    }
}
