using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>
/// Which manifests were looked into in the last seconds, so that one that a whole fleet asks for is looked into once and
/// costs a comparison otherwise: no lock, no memory.
/// </summary>
/// <remarks>
/// A table of fixed size, each place one number: part of the manifest's digest, and when. Two manifests that fall on the
/// same place are looked into more often than they need be, never less.
/// </remarks>
internal sealed class RecentManifests(TimeProvider time)
{
    private const int Places = 4096; // 32 KiB: more manifests than are pulled in ten seconds
    private const ulong SecondsMask = (1UL << 20) - 1; // twelve days, then it begins again

    // A herd comes within seconds. After that a look is cheap, and the layers may have gone from the disk.
    private const ulong RecentSeconds = 10;

    private readonly long _start = time.GetTimestamp();
    private readonly ulong[] _places = new ulong[Places];

    /// <summary>Whether it was not asked about lately: yes to one asker in ten seconds.</summary>
    public bool TryTake(Digest manifest)
    {
        var (high, low) = DigestKey.Of(manifest).Half;
        var now = ((ulong)time.GetElapsedTime(_start).TotalSeconds + 1) & SecondsMask; // zero is "never"
        ref var place = ref _places[low % Places];
        var known = Volatile.Read(ref place);
        var isRecent = (known & ~SecondsMask) == (high & ~SecondsMask) && ((now - known) & SecondsMask) < RecentSeconds;
        return !isRecent && Interlocked.CompareExchange(ref place, (high & ~SecondsMask) | now, known) == known;
    }
}
