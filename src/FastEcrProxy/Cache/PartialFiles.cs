using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>The file of a download in progress, with what is there of it already.</summary>
internal sealed record PartialFile(SafeFileHandle File, long Length, PresentRanges Present)
{
    /// <summary>The first missing byte from an offset on, else the lowest; the blob's last byte where none is missing.</summary>
    public long FirstAbsent(long offset)
    {
        var absent = Present.EndOfRunAt(offset);
        absent = absent < Length ? absent : Present.EndOfRunAt(0);
        return Math.Max(0, Math.Min(absent, Length - 1)); // an empty blob has no last byte
    }
}

/// <summary>Files of downloads in progress: made, resumed, kept for later, thrown away. Nobody serves them under a digest.</summary>
internal sealed partial class PartialFiles(
    CacheDirectory directory, Eviction eviction, KeptPartials kept, TimeProvider time, ILogger<PartialFiles> logger)
{
    // Less than this is fetched again sooner than a note about it is worth.
    private const long WorthKeepingBytes = 1 << 20;

    // A layer that nobody asked for in a day is more likely superseded than late.
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(1);

    /// <summary>Makes room and the file, or says why the blob cannot be stored.</summary>
    public (PartialFile? Partial, FetchFailure? Failure) Create(Digest digest, long length)
    {
        var isReserved = false;
        try
        {
            if (eviction.Reserve(length) is { } full)
            {
                return (null, full);
            }

            isReserved = true;
            kept.Delete(digest);
            directory.MakeInside(directory.Partials); // somebody may have emptied the cache by hand

            // Allocated at once: a full disk shows before the first byte, and the file lies in one piece.
            var file = PlainFile.Create(directory.Partial(digest), length: length);
            return (new PartialFile(file, length, new PresentRanges()), null);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            if (isReserved)
            {
                Discard(digest, length);
            }

            return (null, new FetchFailure(FetchError.Storage, $"The cache's disk failed: {failure.Message}"));
        }
    }

    /// <summary>Goes on with what was kept of an earlier download; null where there is nothing.</summary>
    public PartialFile? TryResume(Digest digest)
    {
        if (kept.Take(digest) is not { } length)
        {
            return null;
        }

        try
        {
            var path = directory.Partial(digest);
            if (PartialRecord.Read(path) is { } record && record.Length == length
                && PlainFile.TryOpen(path, FileAccess.ReadWrite) is { } file)
            {
                Log.Resuming(logger, digest.ToString(), record.Present.Bytes, length);
                return new PartialFile(file, length, record.Present);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotResumed(logger, digest.ToString(), failure.Message);
        }

        eviction.Release(length);
        return null;
    }

    /// <summary>It could not be gone on with this time: kept as it was, for whoever asks next.</summary>
    public void PutBack(Digest digest, PartialFile partial)
    {
        partial.File.Dispose();
        kept.Add(digest, partial.Length);
    }

    /// <summary>Notes what is there, so that a killed process need not begin again. A disk that refuses costs only that.</summary>
    public void Save(Digest digest, long length, IReadOnlyCollection<(long Start, long End)> present)
    {
        try
        {
            PartialRecord.Write(directory.Partial(digest), length, present);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotNoted(logger, digest.ToString(), failure.Message);
        }
    }

    /// <summary>The download ended early. True: it stays on disk for whoever asks next; false: it is gone.</summary>
    public bool KeepOrDiscard(Digest digest, BlobFill fill)
    {
        var present = fill.Present;
        if (IsWorthKeeping(fill.Failure!.Error) && present.Sum(static r => r.End - r.Start) >= WorthKeepingBytes)
        {
            Save(digest, fill.Length, present);
            kept.Add(digest, fill.Length);
            return true;
        }

        Discard(digest, fill.Length);
        return false;
    }

    /// <summary>Removes the files and gives the room back.</summary>
    public void Discard(Digest digest, long length)
    {
        try
        {
            kept.Delete(digest);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotNoted(logger, digest.ToString(), failure.Message);
        }

        eviction.Release(length);
    }

    /// <summary>At start: what an earlier process left is kept where its note is good and fresh, and removed where not.</summary>
    public void Recover()
    {
        var notOlderThan = time.GetUtcNow() - KeptFor;
        foreach (var file in new DirectoryInfo(directory.Partials).EnumerateFiles().OrderBy(static f => f.LastWriteTimeUtc).ToList())
        {
            if (file.Name.EndsWith(PartialRecord.Suffix, StringComparison.Ordinal)
                && File.Exists(file.FullName[..^PartialRecord.Suffix.Length]))
            {
                continue; // the note of a partial that this loop decides about
            }

            if (Digest.TryParse(file.Name.Replace('-', ':'), out var digest)
                && file.LinkTarget is null // else it is removed, as whatever else does not belong there
                && file.LastWriteTimeUtc > notOlderThan
                && PartialRecord.Read(file.FullName) is { } record
                && eviction.TryAdopt(record.Length))
            {
                kept.Add(digest, record.Length);
            }
            else
            {
                file.Delete();
                PartialRecord.Delete(file.FullName);
            }
        }
    }

    private static bool IsWorthKeeping(FetchError error) =>
        error is FetchError.Unreachable or FetchError.CutShort or FetchError.Throttled or FetchError.Stopping or FetchError.Refused
            or FetchError.Unwanted;

    private static partial class Log
    {
        [LoggerMessage(4020, LogLevel.Information, "Going on with {Digest}: {Present} of {Length} bytes are there")]
        public static partial void Resuming(ILogger logger, string digest, long present, long length);

        [LoggerMessage(4021, LogLevel.Warning, "What was kept of {Digest} cannot be used, it is fetched anew: {Reason}")]
        public static partial void NotResumed(ILogger logger, string digest, string reason);

        [LoggerMessage(4022, LogLevel.Warning, "The cache's disk refuses to note the progress of {Digest}: {Reason}")]
        public static partial void NotNoted(ILogger logger, string digest, string reason);
    }
}
