using FastEcrProxy.Cache;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>Reads as a client does: waits for what is there, takes it from the file.</summary>
internal static class Reading
{
    /// <summary>A client that has waited this long waits for ever: the test fails instead of hanging.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>All that comes, to the end or to a failure.</summary>
    public static Task<byte[]> AllAsync(IBlobBytes bytes) => FromAsync(bytes, 0, bytes.Length);

    /// <summary>What comes of [start, end), in reads of at most so many bytes.</summary>
    public static async Task<byte[]> FromAsync(IBlobBytes bytes, long start, long end, int readBytes = 1 << 20)
    {
        var read = new byte[end - start];
        var count = 0;
        while (start + count < end)
        {
            var ready = await bytes.ReadableAsync(start + count, Cancel).AsTask().WaitAsync(Patience);
            if (ready == 0)
            {
                break;
            }

            var take = (int)Math.Min(Math.Min(ready, readBytes), end - start - count);
            var got = RandomAccess.Read(bytes.File, read.AsSpan(count, take), start + count);
            Assert.Equal(take, got);
            count += got;
        }

        return read[..count];
    }
}
