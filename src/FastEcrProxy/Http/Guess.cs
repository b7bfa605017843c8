using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>A layer that was fetched before anybody asked for it.</summary>
/// <param name="digest">The layer.</param>
/// <param name="image">The image that it was fetched for.</param>
/// <param name="madeAt">When, as a time stamp of the clock.</param>
internal sealed class Guess(Digest digest, PulledImage image, long madeAt)
{
    public DigestKey Key { get; } = DigestKey.Of(digest);

    public PulledImage Image => image;

    public long MadeAt => madeAt;

    /// <summary>Whether it takes one of the places now: it is being fetched, and nobody has asked for it.</summary>
    public bool HoldsPlace { get; set; } = true;

    /// <summary>Whether it has been counted as wasted or failed. It stays known, so that it is not made again.</summary>
    public bool IsOver { get; set; }
}
