using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>One client's hold on a blob that is arriving. The fill goes on when it is disposed.</summary>
internal sealed class FillReader(BlobFill fill, CacheOutcome outcome, Action release) : IBlobBytes
{
    private Action? _release = release;

    public SafeFileHandle File => fill.File;

    public long Length => fill.Length;

    public CacheOutcome Outcome { get; } = outcome;

    /// <summary>Bytes that were there when the download began, left by an earlier one.</summary>
    public long KeptBytes => fill.KeptBytes;

    public FetchFailure? Failure => fill.Failure;

    /// <summary>Whether the length is known and there is something to read, even should the rest have failed since.</summary>
    public bool IsOpen => fill.HasFile;

    /// <summary>
    /// Whether this client asked for a piece that ends where it named, not for the blob or its rest. Such a client puts
    /// pieces together and verifies them itself, so it gets the blob's last byte as soon as that is there; everybody
    /// else gets it when the digest is right (docs/adr/0002-last-byte.md).
    /// </summary>
    public bool WantsPiece { get; set; }

    public ValueTask<long> ReadableAsync(long offset, CancellationToken cancel) => fill.ReadableAsync(offset, WantsPiece, cancel);

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
