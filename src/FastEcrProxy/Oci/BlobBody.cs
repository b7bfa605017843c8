namespace FastEcrProxy.Oci;

/// <summary>The bytes of a blob from an offset to its end or to where was asked, as they come from upstream.</summary>
/// <param name="bytes">Read it once, front to end. An early end is the network's fault, never the end of the blob.</param>
/// <param name="offset">Where in the blob the first byte of <paramref name="bytes"/> stands.</param>
/// <param name="totalBytes">The whole blob's length, whatever part this is.</param>
/// <param name="owner">What the bytes come from, given back with them.</param>
internal sealed class BlobBody(Stream bytes, long offset, long totalBytes, IDisposable? owner = null) : IDisposable
{
    public Stream Bytes { get; } = bytes;

    public long Offset { get; } = offset;

    public long TotalBytes { get; } = totalBytes;

    /// <summary>Whether it is worth asking there for parts: else each would begin at the blob's first byte.</summary>
    public bool TakesRanges { get; init; }

    /// <summary>Gives the connection back, or closes it where bytes were left unread.</summary>
    public void Dispose()
    {
        Bytes.Dispose();
        owner?.Dispose();
    }
}
