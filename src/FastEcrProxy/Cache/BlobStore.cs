using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>Blobs on local disk by digest: opens what is there, and starts or joins the one download of what is not.</summary>
internal sealed partial class BlobStore(
    CacheDirectory directory, ContentIndex index, FillTable fills, TimeProvider time, ILogger<BlobStore> logger)
{
    private const int TriesMax = 3; // a stranger's failing download may be joined twice; a third is a coincidence too many

    /// <summary>Bytes of stored blobs.</summary>
    public long Bytes => index.Bytes;

    /// <summary>Number of stored blobs.</summary>
    public long Blobs => index.Count;

    /// <summary>A stored blob, pinned until the lease is disposed; null where it is not on disk.</summary>
    /// <remarks>Only the filesystem is asked, so that hits work while the start-up scan still runs.</remarks>
    public BlobLease? TryOpen(Digest digest)
    {
        var key = DigestKey.Of(digest);
        index.Pin(key); // before the look: what is found cannot be evicted before it is opened
        var stored = index.SizeOf(key);
        if (TryOpenFile(directory.Blob(digest)) is var (file, length))
        {
            if (stored is null || stored == length)
            {
                Touch(key, file, length);
                return new BlobLease(file, length, () => index.Unpin(key));
            }

            file.Dispose();
            Forget(digest, stored.Value, length);
        }

        if (stored is not null)
        {
            index.Remove(key); // somebody else deleted the file, or it was damaged
        }

        index.Unpin(key);
        return null;
    }

    /// <summary>Joins the running download of a blob or starts it, whoever else fetches; returns when its length is known.</summary>
    public ValueTask<Fetched<IBlobBytes>> JoinOrStartAsync(
        Digest digest, long firstOffset, OpenBlob open, CancellationToken cancel) =>
        JoinOrStartAsync(digest, firstOffset, open, takePlace: null, cancel);

    /// <summary>Joins the running download of a blob or starts it; returns when its length is known.</summary>
    /// <param name="digest">What is wanted.</param>
    /// <param name="firstOffset">Where this client begins to read; below zero where that depends on the length.</param>
    /// <param name="open">Opens upstream, should this client be the cause. It outlives the client.</param>
    /// <param name="takePlace">Asked for a place should this client be the cause; null: nobody counts.</param>
    /// <param name="cancel">Ends this client's wait, never the download.</param>
    /// <returns><see cref="FetchError.Storage"/> where the blob cannot be stored and has to be streamed.</returns>
    public async ValueTask<Fetched<IBlobBytes>> JoinOrStartAsync(
        Digest digest, long firstOffset, OpenBlob open, TakeFillPlace? takePlace, CancellationToken cancel)
    {
        FillPlace? place = null;
        try
        {
            var tries = 0;
            while (true)
            {
                var (stored, reader, ready) = fills.Attach(digest, firstOffset, open, TryOpen, place, takePlace is not null);
                if (stored is not null)
                {
                    return new Fetched<IBlobBytes>(stored, null);
                }

                if (ready is null)
                {
                    (place, var refused) = await takePlace!(cancel);
                    if (place is null)
                    {
                        return refused!;
                    }

                    continue; // somebody else may have begun it meanwhile
                }

                if (reader?.Outcome is CacheOutcome.Miss)
                {
                    place = null; // the download's, which goes on when this client has left
                }

                if (await OutcomeAsync(reader, ready, cancel) is not { } settled)
                {
                    continue;
                }

                // The download joined may have been another repository's, which does not have the blob or may not read it.
                var isOthers = reader?.Outcome is CacheOutcome.Joined
                    && settled.Failure?.Error is FetchError.NotFound or FetchError.Refused;
                if (!isOthers)
                {
                    return settled;
                }

                if (++tries == TriesMax)
                {
                    return new FetchFailure(
                        FetchError.Storage, "Others keep asking for this blob where it is not; it is fetched for this client alone.");
                }
            }
        }
        finally
        {
            place?.Dispose();
        }
    }

    /// <summary>Starts the download of a blob that nobody has asked for yet: see <see cref="FillTable.TryFetchAhead"/>.</summary>
    public Task<FetchFailure?>? TryFetchAhead(Digest digest, OpenBlob open) => fills.TryFetchAhead(digest, open);

    /// <summary>Removes a stored blob whose bytes turned out to be wrong. A disk that refuses has it found again.</summary>
    public void Remove(Digest digest)
    {
        try
        {
            CacheDirectory.Remove(directory.Blob(digest));
            index.Remove(DigestKey.Of(digest));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(logger, digest.ToString(), failure.Message);
        }
    }

    /// <summary>The blob when its length is known, or why it cannot be had; null where that is to be asked again.</summary>
    private static async ValueTask<Fetched<IBlobBytes>?> OutcomeAsync(FillReader? reader, Task ready, CancellationToken cancel)
    {
        try
        {
            await ready.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            reader?.Dispose();
            throw;
        }

        if (reader is null)
        {
            return null;
        }

        if (reader.IsOpen)
        {
            return new Fetched<IBlobBytes>(reader, null);
        }

        var failure = reader.Failure!;
        reader.Dispose();
        return failure;
    }

    private (SafeFileHandle File, long Length)? TryOpenFile(string path)
    {
        SafeFileHandle? file = null;
        try
        {
            file = PlainFile.TryOpen(path);
            return file is null ? null : (file, RandomAccess.GetLength(file));
        }
        catch (NotPlainException planted)
        {
            Log.NotPlain(logger, planted.Message); // the blob is fetched, and takes its place where that is a link
            return null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            return null; // gone in between, or unreadable: as good as not there
        }
    }

    private void Touch(DigestKey key, SafeFileHandle file, long length)
    {
        var now = time.GetUtcNow();
        if (!index.Touch(key, length, now))
        {
            return;
        }

        try
        {
            File.SetLastWriteTimeUtc(file, now.UtcDateTime); // the order of use survives a restart
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A read-only disk serves hits all the same.
        }
    }

    private void Forget(Digest digest, long stored, long length)
    {
        Log.Damaged(logger, digest.ToString(), length, stored);
        try
        {
            CacheDirectory.Remove(directory.Blob(digest));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(logger, digest.ToString(), failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            4000, LogLevel.Error, "{Digest} has {Length} bytes on disk and should have {Stored}: removed, it will be fetched again")]
        public static partial void Damaged(ILogger logger, string digest, long length, long stored);

        [LoggerMessage(4002, LogLevel.Warning, "{Reason}; the blob is fetched again")]
        public static partial void NotPlain(ILogger logger, string reason);

        [LoggerMessage(4001, LogLevel.Error, "{Digest} is damaged and cannot be removed: {Reason}")]
        public static partial void NotRemoved(ILogger logger, string digest, string reason);
    }
}
