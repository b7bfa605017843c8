using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>A manifest in memory, whether it was used lately, and when its file was last told so.</summary>
internal sealed class HotManifest(StoredManifest manifest, DateTimeOffset stampedAt)
{
    // What it costs besides its bytes: this entry, its places in table and ring, and digest and entity tag as text.
    private const int OverheadBytes = 800;

    // Order of use across restarts is good to the minute, as the index has it.
    private static readonly long StampTicks = TimeSpan.FromMinutes(1).Ticks;

    private long _stampedAt = stampedAt.UtcTicks;

    public StoredManifest Manifest { get; } = manifest;

    /// <summary>In memory, more or less.</summary>
    public long Bytes => Manifest.Bytes.Length + OverheadBytes;

    /// <summary>Whether it was asked for since its last turn.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Whether its file is to be stamped now: yes to one asker a minute.</summary>
    public bool TakeStamp(DateTimeOffset now)
    {
        var stampedAt = Volatile.Read(ref _stampedAt);
        return now.UtcTicks - stampedAt >= StampTicks
            && Interlocked.CompareExchange(ref _stampedAt, now.UtcTicks, stampedAt) == stampedAt;
    }
}
