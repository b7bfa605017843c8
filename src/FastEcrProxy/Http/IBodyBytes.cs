using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Http;

/// <summary>The bytes of one blob by offset, for <see cref="BodySender"/>: from the cache, or past it.</summary>
internal interface IBodyBytes
{
    /// <summary>The file that has the readable bytes at their own offsets; null where they are in memory only.</summary>
    SafeFileHandle? File { get; }

    /// <summary>Why there are no more bytes. Null while all is well, and at the blob's end.</summary>
    FetchFailure? Failure { get; }

    /// <summary>
    /// How many bytes from <paramref name="offset"/> on can be read now: at least one, waiting for it. Zero: there will be none.
    /// </summary>
    ValueTask<long> ReadableAsync(long offset, CancellationToken cancel);

    /// <summary>Reads bytes that are readable. Zero: they cannot be had after all, and <see cref="Failure"/> says why.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel);
}
