using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>A blob that one client reads: on disk already, or while it arrives. Dispose it and the evictor may take the file.</summary>
internal interface IBlobBytes : IDisposable
{
    /// <summary>
    /// The file that holds the bytes at their own offsets. Read only where <see cref="ReadableAsync"/> says that they
    /// are.
    /// </summary>
    SafeFileHandle File { get; }

    /// <summary>The whole blob's length in bytes.</summary>
    long Length { get; }

    /// <summary>Whether it was stored, arriving, or fetched because of this client.</summary>
    CacheOutcome Outcome { get; }

    /// <summary>Why no more bytes will come. Null while all is well.</summary>
    FetchFailure? Failure { get; }

    /// <summary>
    /// How many bytes from <paramref name="offset"/> on are there in a row: at least one, waiting for it. Zero: there
    /// will be none.
    /// </summary>
    /// <param name="offset">In bytes from the blob's start.</param>
    /// <param name="cancel">Ends this reader's wait and nothing else.</param>
    ValueTask<long> ReadableAsync(long offset, CancellationToken cancel);
}
