using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>An image whose manifest a client has just got: what it will ask for next, and how far that has been considered.</summary>
/// <param name="manifest">Names the image.</param>
/// <param name="from">Where its blobs are.</param>
/// <param name="blobs">Config and layers, in the manifest's order.</param>
internal sealed class PulledImage(DigestKey manifest, Destination from, IReadOnlyList<Digest> blobs)
{
    private int _considered;

    public DigestKey Manifest => manifest;

    public Destination From => from;

    /// <summary>Whether it stands in line for a place: at most once.</summary>
    public bool Waits { get; set; }

    /// <summary>Those that have been considered, whatever came of it.</summary>
    public IEnumerable<Digest> Considered => blobs.Take(_considered);

    /// <summary>The next one that has not been considered yet; false when all have.</summary>
    public bool TryPeek(out Digest next)
    {
        next = _considered < blobs.Count ? blobs[_considered] : default;
        return _considered < blobs.Count;
    }

    public void Pass() => _considered++;
}
