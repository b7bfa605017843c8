using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>The downloads in progress, one per digest, and what becomes of them: published, kept for later, or thrown away.</summary>
internal sealed partial class FillTable(
    CacheOptions options, CacheDirectory directory, ContentIndex index, Eviction eviction, PartialFiles partials, Disk disk,
    TimeProvider time, ProxyMetrics metrics, ILogger<FillTable> logger) : IAsyncDisposable
{
    private const int PublishesMax = 2; // one flush keeps a disk busy; the second hides what lies between

    private readonly Lock _gate = new();
    private readonly Dictionary<Digest, RunningFill> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly FetchSlots _fetchSlots = new(options.FetchConnectionsTotal);
    private readonly FetchMemory _fetchMemory = new();
    private readonly SemaphoreSlim _publishing = new(PublishesMax);
    private bool _isStopped; // guarded by the gate: no download begins once the ends are awaited

    /// <summary>Connections that fetch now beyond the first of each download.</summary>
    public int AddedConnections => _fetchSlots.Taken;

    /// <summary>Bytes of the buffers of all connections that fetch now.</summary>
    public long BufferBytes => _fetchMemory.Taken;

    /// <summary>The last failure of the local disk; null since a blob was stored after it.</summary>
    public FetchFailure? Trouble { get; private set; }

    /// <summary>Adds a reader to the download of a blob, starting it where none runs.</summary>
    /// <param name="digest">What is wanted.</param>
    /// <param name="firstOffset">Where the reader begins.</param>
    /// <param name="open">Opens upstream, should this be the start.</param>
    /// <param name="tryOpen">Opens the stored blob.</param>
    /// <param name="place">What a download has to have to be started; it is the download's from then on.</param>
    /// <param name="needsPlace">Whether it has to have one.</param>
    /// <returns>
    /// The stored blob where it was published in the meantime; else a reader, and when the length is known; neither where
    /// a download has failed and is being cleared away, and when to ask again; nothing where one has to be started and a place is
    /// missing.
    /// </returns>
    public (BlobLease? Stored, FillReader? Reader, Task? Ready) Attach(
        Digest digest, long firstOffset, OpenBlob open, Func<Digest, BlobLease?> tryOpen, FillPlace? place, bool needsPlace)
    {
        lock (_gate)
        {
            if (_running.TryGetValue(digest, out var running))
            {
                return NewReader(running, CacheOutcome.Joined) is { } joined
                    ? (null, joined, running.Fill.Opened)
                    : (null, null, running.Ended); // its bad news is for those who were there, its file for the next one
            }

            // A download leaves the table after it is published, so whoever does not find it here finds it on disk.
            if (tryOpen(digest) is { } stored)
            {
                return (stored, null, Task.CompletedTask);
            }

            if (_isStopped)
            {
                return (null, Refused(), Task.CompletedTask);
            }

            if (needsPlace && place is null)
            {
                return default;
            }

            running = New(digest, options.ReadAheadBytes, place);
            var reader = NewReader(running, CacheOutcome.Miss); // before it runs: it may have failed a moment later, and let its file go
            Start(running, digest, firstOffset, open, isRepeat: false);
            return (null, reader, running.Fill.Opened);
        }
    }

    /// <summary>
    /// Starts the download of a blob that nobody has asked for yet. It goes on for as long as one whose last reader has left.
    /// </summary>
    /// <returns>Why it failed, when it is over; null where it is stored, already on its way, or the proxy is stopping.</returns>
    public Task<FetchFailure?>? TryFetchAhead(Digest digest, OpenBlob open)
    {
        lock (_gate)
        {
            if (_isStopped || _running.ContainsKey(digest) || File.Exists(directory.Blob(digest)))
            {
                return null;
            }

            var running = New(digest, options.ReadAheadBytes);
            running.Fill.FetchAhead();
            Start(running, digest, firstOffset: 0, open, isRepeat: false);
            return EndOfAsync(running);
        }
    }

    /// <summary>Ends all downloads; what has arrived is kept on disk. Returns when nothing writes any more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] ends;
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            _isStopped = true;
            ends = [.. _running.Values.Select(static r => r.Ended)];
        }

        await _stop.CancelAsync();
        await Task.WhenAll(ends);
        _stop.Dispose();
    }

    /// <summary>A download that is over before it began, for who comes while the proxy stops.</summary>
    private static FillReader Refused()
    {
        var refused = new BlobFill(readAheadBytes: 0);
        refused.Fail(FillWriter.Stopping);
        return new FillReader(refused, CacheOutcome.Miss, static () => { });
    }

    private static async Task<FetchFailure?> EndOfAsync(RunningFill running)
    {
        await running.Ended;
        return running.Fill.Failure;
    }

    /// <summary>In the table; nothing happens to it until it is started.</summary>
    private RunningFill New(Digest digest, long readAheadBytes, FillPlace? place = null)
    {
        var key = DigestKey.Of(digest);
        index.Pin(key);
        var running = new RunningFill(readAheadBytes, () => index.Unpin(key)) { Place = place };
        _running.Add(digest, running);
        return running;
    }

    private void Start(RunningFill running, Digest digest, long firstOffset, OpenBlob open, bool isRepeat)
    {
        metrics.FillStarted();
        running.Ended = Task.Run(() => RunAsync(running, digest, firstOffset, open, isRepeat));
    }

    /// <summary>Null where the fill has failed.</summary>
    private static FillReader? NewReader(RunningFill running, CacheOutcome outcome) =>
        running.TryAddReader() ? new FillReader(running.Fill, outcome, running.LetReaderGo) : null;

    private async Task RunAsync(RunningFill running, Digest digest, long firstOffset, OpenBlob open, bool isRepeat)
    {
        var again = false;
        var end = FillEnd.Failed;
        try
        {
            var writer = new FillWriter(
                running.Fill, digest, open, partials, options.FetchConnections, _fetchSlots, _fetchMemory, disk, time, metrics);
            var failure = await writer.RunAsync(firstOffset, _stop.Token);
            end = failure is null ? await PublishAsync(running.Fill, digest) : Abandon(running.Fill, digest, failure);
            again = failure?.Error is FetchError.DigestMismatch && !isRepeat;
        }
        catch (Exception failure)
        {
            Log.Broken(logger, failure, digest.ToString());
            if (running.Fill.HasFile)
            {
                partials.Discard(digest, running.Fill.Length); // nothing is known about what it left
            }
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(digest);
            }

            running.LetGo();
            running.Place?.Dispose();
            metrics.FillEnded(end); // so late that whoever sees it finds the outcome in place
            if (again)
            {
                Repeat(digest, open);
            }
        }
    }

    /// <summary>Clients were cut off and will be back: this time the right bytes may be there for them.</summary>
    private void Repeat(Digest digest, OpenBlob open)
    {
        lock (_gate)
        {
            if (!_isStopped && !_running.ContainsKey(digest) && !File.Exists(directory.Blob(digest)))
            {
                // Nobody reads it yet, and it goes to its end all the same.
                Start(New(digest, readAheadBytes: long.MaxValue), digest, firstOffset: 0, open, isRepeat: true);
            }
        }
    }

    /// <summary>
    /// On threads of their own and few at a time: a flush waits for the disk, and ten layers that end together must not
    /// take the threads that serve everybody else.
    /// </summary>
    private async Task<FillEnd> PublishAsync(BlobFill fill, Digest digest)
    {
        await _publishing.WaitAsync();
        try
        {
            return await Task.Factory.StartNew(
                () => Publish(fill, digest), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _publishing.Release();
        }
    }

    private FillEnd Publish(BlobFill fill, Digest digest)
    {
        try
        {
            // Off the clients' path: they have the last byte already. A name never stands for bytes that a power cut can lose.
            RandomAccess.FlushToDisk(fill.File);
            var path = directory.Blob(digest);
            directory.MakeInside(Path.GetDirectoryName(path)!);
            eviction.Publish(DigestKey.Of(digest), fill.Length, time.GetUtcNow(), () =>
            {
                File.Move(directory.Partial(digest), path, overwrite: true);
                PartialRecord.Delete(directory.Partial(digest));
            });
            Trouble = null;
            return FillEnd.Published;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Trouble = new FetchFailure(FetchError.Storage, $"The cache's disk failed: {failure.Message}");
            Log.NotPublished(logger, digest.ToString(), failure.Message);
            partials.Discard(digest, fill.Length);
            return FillEnd.Failed;
        }
    }

    private FillEnd Abandon(BlobFill fill, Digest digest, FetchFailure failure)
    {
        if (failure.Error is FetchError.Storage && !(failure.TotalBytes > options.SizeBytes))
        {
            Trouble = failure;
        }

        if (failure.Error is FetchError.DigestMismatch)
        {
            metrics.DigestMismatch();
            Log.Mismatch(logger, digest.ToString(), fill.Length);
        }

        var level = fill.WasRead ? LogLevel.Warning : LogLevel.Debug; // a client will see for itself, and then it is told
        if (failure.Error is FetchError.Storage)
        {
            Log.NotStored(logger, level, digest.ToString(), failure.Reason);
        }
        else if (failure.Error is not (FetchError.NotFound or FetchError.DigestMismatch or FetchError.Stopping or FetchError.Unwanted))
        {
            Log.Failed(logger, level, digest.ToString(), failure.Reason);
        }

        if (!fill.HasFile || !partials.KeepOrDiscard(digest, fill))
        {
            return FillEnd.Failed;
        }

        Log.Kept(logger, digest.ToString());
        return FillEnd.Kept;
    }

    private static partial class Log
    {
        [LoggerMessage(4030, LogLevel.Error, "{Digest}: the registry sent {Bytes} bytes that are not it; thrown away")]
        public static partial void Mismatch(ILogger logger, string digest, long bytes);

        [LoggerMessage(EventId = 4031, Message = "{Digest} could not be fetched whole: {Reason}")]
        public static partial void Failed(ILogger logger, LogLevel level, string digest, string reason);

        [LoggerMessage(4034, LogLevel.Information, "What has arrived of {Digest} is kept; the next who asks for it goes on from there")]
        public static partial void Kept(ILogger logger, string digest);

        [LoggerMessage(EventId = 4035, Message = "{Digest} is passed on without being stored: {Reason}")]
        public static partial void NotStored(ILogger logger, LogLevel level, string digest, string reason);

        [LoggerMessage(4032, LogLevel.Error, "{Digest} was fetched but could not be stored: {Reason}")]
        public static partial void NotPublished(ILogger logger, string digest, string reason);

        [LoggerMessage(4033, LogLevel.Critical, "The download of {Digest} broke; this is a bug")]
        public static partial void Broken(ILogger logger, Exception failure, string digest);
    }
}
