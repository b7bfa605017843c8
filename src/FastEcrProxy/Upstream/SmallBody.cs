namespace FastEcrProxy.Upstream;

/// <summary>Reads the body of a small answer into memory, and no more of it than was agreed.</summary>
internal static class SmallBody
{
    private const int FirstBytes = 16 << 10; // most manifests and errors are below

    /// <summary>The whole body, or null where it is longer than <paramref name="limit"/>.</summary>
    /// <param name="body">Read to its end.</param>
    /// <param name="announced">The length that the peer announced, if it did.</param>
    /// <param name="limit">In bytes.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="IOException">The body ended early, or stalled.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Stream body, long? announced, int limit, CancellationToken cancel)
    {
        if (announced > limit)
        {
            return null;
        }

        // One byte more than expected: room to see the end without growing.
        var buffer = new byte[Math.Min(announced ?? FirstBytes, limit) + 1];
        var filled = 0;
        while (await body.ReadAsync(buffer.AsMemory(filled), cancel) is > 0 and var read)
        {
            filled += read;
            if (filled > limit)
            {
                return null;
            }

            if (filled == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * filled, limit + 1L));
            }
        }

        return buffer.AsMemory(0, filled);
    }
}
