using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Http;

/// <summary>
/// A blob that is read from the cache's file. When the disk fails under it, it goes on from upstream at the same byte,
/// and the client does not notice.
/// </summary>
/// <param name="blob">On disk or arriving. Stays the caller's.</param>
/// <param name="disk">Waits for what is not in memory.</param>
/// <param name="goOn">Opens the blob past the cache at an offset.</param>
/// <param name="isWhole">Whether the whole blob is sent, from its first byte on: then what is sent is verified to the end.</param>
internal sealed class StoredBody(
    IBlobBytes blob, Disk disk, Func<long, CancellationToken, ValueTask<Fetched<UnstoredBody>>> goOn, bool isWhole)
    : IBodyBytes, IDisposable
{
    private UnstoredBody? _unstored;
    private FetchFailure? _failure;

    public SafeFileHandle? File => _unstored is null ? blob.File : null;

    public FetchFailure? Failure => _unstored is null ? _failure ?? blob.Failure : _unstored.Failure;

    /// <summary>Whether the disk failed and the rest came from upstream.</summary>
    public bool LeftTheDisk => _unstored is not null;

    public async ValueTask<long> ReadableAsync(long offset, CancellationToken cancel)
    {
        if (_unstored is null)
        {
            var ready = await blob.ReadableAsync(offset, cancel);
            if (ready > 0 || blob.Failure is not { Error: FetchError.Storage } broken)
            {
                return ready;
            }

            await LeaveDiskAsync(offset, broken, cancel);
        }

        return _unstored is null ? 0 : await _unstored.ReadableAsync(offset, cancel);
    }

    public async ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel)
    {
        if (_unstored is null)
        {
            await disk.BringAsync(blob.File, offset, into.Length, cancel);
            if (Read(offset, into.Span) is > 0 and var read)
            {
                return read;
            }

            var broken = new FetchFailure(FetchError.Storage, "The cached file cannot be read or is shorter than it should be.");
            await LeaveDiskAsync(offset, broken, cancel);
        }

        return _unstored is not null && await _unstored.ReadableAsync(offset, cancel) > 0
            ? await _unstored.ReadAsync(offset, into, cancel)
            : 0;
    }

    public void Dispose() => _unstored?.Dispose();

    /// <summary>
    /// Synchronous: it is in memory, and a copy from there costs less than a thread's switch.
    /// </summary>
    private int Read(long offset, Span<byte> into)
    {
        try
        {
            return RandomAccess.Read(blob.File, into, offset);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private async ValueTask LeaveDiskAsync(long offset, FetchFailure broken, CancellationToken cancel)
    {
        var (unstored, failure) = await goOn(offset, cancel);
        if (unstored is null)
        {
            _failure = failure;
            return;
        }

        if (isWhole && offset > 0 && !unstored.TryContinueHash(blob.File))
        {
            unstored.Dispose(); // what was sent cannot be verified any more: a short body is better than a wrong one
            _failure = broken;
            return;
        }

        _unstored = unstored;
    }
}
