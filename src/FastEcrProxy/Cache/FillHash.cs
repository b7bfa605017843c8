using System.Buffers;
using System.Security.Cryptography;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>
/// Follows a fill as one more reader and hashes what stands in the file, so that what is published is what the disk
/// holds.
/// </summary>
internal static class FillHash
{
    // Big enough that hashing dwarfs the change of threads; small enough that a core is not held for longer than half a millisecond.
    private const int ChunkBytes = 1 << 20;

    // What is in memory at a time. Each of the pool's threads that ever hashed keeps such a buffer, so it is not a chunk's size.
    private const int PieceBytes = 128 << 10;

    /// <summary>Whether the whole file is what the digest names. False too when the fill failed before its end.</summary>
    /// <exception cref="IOException">The file could not be read back.</exception>
    public static async Task<bool> IsRightAsync(BlobFill fill, Digest expected, Disk disk, CancellationToken cancel)
    {
        using var hash = expected.NewHash();
        long hashed = 0;
        while (await fill.HashableAsync(hashed, cancel) is > 0 and var ready)
        {
            var count = (int)Math.Min(ready, ChunkBytes);
            await disk.BringAsync(fill.File, hashed, count, cancel); // gigabytes may have been kept from an earlier fill
            hashed += Append(hash, fill, hashed, count);
            await Task.Yield(); // and must not hold a thread that others wait for
        }

        return hashed == fill.Length && expected.Matches(hash.GetHashAndReset());
    }

    /// <summary>Holds a buffer for no longer than this takes: there may be hundreds of fills, most of them waiting for bytes.</summary>
    private static int Append(IncrementalHash hash, BlobFill fill, long offset, int count)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(count, PieceBytes));
        try
        {
            var appended = 0;
            while (appended < count)
            {
                var piece = Math.Min(count - appended, PieceBytes);
                var read = RandomAccess.Read(fill.File, buffer.AsSpan(0, piece), offset + appended);
                if (read == 0)
                {
                    throw new IOException("The file of a fill is shorter than what was written to it.");
                }

                hash.AppendData(buffer, 0, read);
                appended += read;
            }

            return appended;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
