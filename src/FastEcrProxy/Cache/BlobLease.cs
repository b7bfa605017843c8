using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>A stored blob, pinned against eviction until disposed.</summary>
internal sealed class BlobLease(SafeFileHandle file, long length, Action release) : IBlobBytes
{
    private Action? _release = release;

    public SafeFileHandle File { get; } = file;

    public long Length { get; } = length;

    public CacheOutcome Outcome => CacheOutcome.Hit;

    public FetchFailure? Failure => null;

    public ValueTask<long> ReadableAsync(long offset, CancellationToken cancel) => ValueTask.FromResult(Math.Max(0, Length - offset));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _release, null) is { } release)
        {
            File.Dispose();
            release();
        }
    }
}
