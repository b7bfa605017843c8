namespace FastEcrProxy.Http;

/// <summary>A stretch of a blob of known length. Always inside the blob.</summary>
/// <param name="Offset">Of its first byte.</param>
/// <param name="Length">In bytes; zero only for the whole of an empty blob.</param>
internal readonly record struct ByteRange(long Offset, long Length)
{
    /// <summary>The offset behind its last byte.</summary>
    public long End => Offset + Length;

    /// <summary>As <c>Content-Range</c> says it.</summary>
    public string ContentRange(long totalBytes) => $"bytes {Offset}-{End - 1}/{totalBytes}";
}
