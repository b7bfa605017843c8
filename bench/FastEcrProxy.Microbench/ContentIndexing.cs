using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Microbench;

/// <summary>Question: what do the start, a hit and a download pay for the index of 100,000 blobs while 5,000 are being sent?</summary>
[MemoryDiagnoser]
public class ContentIndexing
{
    private const int Blobs = 100_000;
    private const int Pinned = 5_000;

    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    private readonly DigestKey[] _keys = [.. Enumerable.Range(0, Blobs).Select(static i => KeyOf(i))];
    private readonly ContentIndex _index = new();
    private int _next;

    [GlobalSetup]
    public void Fill()
    {
        Add(_index);
        foreach (var key in _keys.AsSpan(0, Pinned))
        {
            _index.Pin(key);
        }
    }

    [Benchmark(Description = "start: adds all")]
    public long Start() => Add(new ContentIndex());

    [Benchmark(Description = "hit: pins, touches, unpins one")]
    public bool Hit()
    {
        var key = _keys[_next = (_next + 7919) % Blobs]; // a prime: all of them, none near the one before
        _index.Pin(key);
        var stale = _index.SizeOf(key) is null | _index.Touch(key, 1000, Now);
        _index.Unpin(key);
        return stale;
    }

    [Benchmark(Description = "download: asks what could be evicted")]
    public long Download() => _index.UnpinnedBytes;

    private long Add(ContentIndex index)
    {
        foreach (var key in _keys)
        {
            index.AddOldest(key, 1000, Now);
        }

        return index.Count;
    }

    private static DigestKey KeyOf(int number)
    {
        Digest.TryParse("sha256:" + Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(number))), out var digest);
        return DigestKey.Of(digest);
    }
}
