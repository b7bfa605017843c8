using System.Numerics;

namespace FastEcrProxy.Cache;

/// <summary>
/// The bound on the buffers of all connections that fetch, all fills together: large while they are few, small while they are
/// many.
/// </summary>
/// <remarks>
/// Nobody waits for memory, since a fill that waits holds up clients: each buffer has a small part of what is left, and when
/// little is left the least that is of use. So 33 fills have 1 MiB each, and 200 have 65 MiB together.
/// </remarks>
internal sealed class FetchMemory
{
    /// <summary>What is shared out. More is taken only in pieces of <see cref="LeastBytes"/>.</summary>
    public const long TotalBytes = 64L << 20;

    /// <summary>Four records of TLS. A smaller write costs as much, and there are more of them.</summary>
    public const int LeastBytes = 64 << 10;

    private const int PartOfRest = 32;

    private readonly Lock _gate = new();
    private long _taken;

    /// <summary>Bytes of buffers that are in use now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>A buffer, to be given back by disposing it; perhaps a smaller one than wanted.</summary>
    /// <param name="wanted">In bytes, a power of two, so that none of it is lost to the pool's sizes.</param>
    /// <param name="length">Of all that could come into it, in bytes: most blobs are smaller than a large buffer.</param>
    public FetchBuffer Take(int wanted, long length)
    {
        var useful = (int)BitOperations.RoundUpToPowerOf2((ulong)Math.Min(wanted, length));
        lock (_gate)
        {
            var part = Math.Max(LeastBytes, (TotalBytes - _taken) / PartOfRest);
            var bytes = Math.Min(useful, 1 << BitOperations.Log2((ulong)part));
            _taken += bytes;
            return new FetchBuffer(bytes, GiveBack);
        }
    }

    private void GiveBack(int bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
        }
    }
}
