using System.Diagnostics;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>The cache as a whole: opened at start, swept in the background, closed with its downloads kept.</summary>
internal sealed partial class DiskCache : IAsyncDisposable
{
    // Manifests are small and worth more than their bytes: a pull without network begins with one.
    private const int ManifestShare = 64;
    private const long ManifestBytesMin = 64L << 20;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromHours(1);

    private readonly CacheDirectory _directory;
    private readonly ContentIndex _blobIndex = new();
    private readonly ContentIndex _manifestIndex = new();
    private readonly Eviction _eviction;
    private readonly FillTable _fills;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private Task _background = Task.CompletedTask;
    private bool _isDisposed;

    private DiskCache(
        CacheOptions options, CacheDirectory directory, Disk disk, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        (_directory, _time, _logger) = (directory, time, loggers.CreateLogger<DiskCache>());
        var kept = new KeptPartials(directory);
        _eviction = new Eviction(options, directory, _blobIndex, kept, metrics, loggers.CreateLogger<Eviction>());
        Partials = new PartialFiles(directory, _eviction, kept, time, loggers.CreateLogger<PartialFiles>());
        _fills = new FillTable(
            options, directory, _blobIndex, _eviction, Partials, disk, time, metrics, loggers.CreateLogger<FillTable>());
        Pushes = new PushedBlobs(options, directory, _eviction, disk, time, metrics, loggers.CreateLogger<PushedBlobs>());
        Blobs = new BlobStore(directory, _blobIndex, _fills, time, loggers.CreateLogger<BlobStore>());
        Manifests = new ManifestStore(
            directory, _manifestIndex, Math.Max(ManifestBytesMin, options.SizeBytes / ManifestShare), time,
            loggers.CreateLogger<ManifestStore>());
        Tags = new TagMap(directory, options.StaleIfError, time, loggers.CreateLogger<TagMap>());
        Links = new Links(directory, MayBeStored, loggers.CreateLogger<Links>());
        metrics.ObserveCache(() => Blobs.Bytes, () => Blobs.Blobs);
        metrics.ObserveFetches(() => _fills.AddedConnections, () => _fills.BufferBytes);
    }

    public BlobStore Blobs { get; }

    /// <summary>Layers that go the other way.</summary>
    public PushedBlobs Pushes { get; }

    public ManifestStore Manifests { get; }

    public TagMap Tags { get; }

    public Links Links { get; }

    /// <summary>What is wrong with the disk, in a sentence; null while blobs can be stored.</summary>
    public string? Trouble => _fills.Trouble?.Reason;

    /// <summary>Whether an image may be pulled from it without any registry.</summary>
    public bool HasContent => _manifestIndex.Count > 0;

    /// <summary>Completes when everything on disk is known to the evictor.</summary>
    public Task Scanned { get; private set; } = Task.CompletedTask;

    private PartialFiles Partials { get; }

    /// <summary>Opens the directory and begins to look through it; hits are served at once.</summary>
    /// <exception cref="IOException">It cannot be used; the message says why.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
    public static DiskCache Open(
        CacheOptions options, Disk disk, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        var directory = CacheDirectory.Open(options.Directory, loggers.CreateLogger<CacheDirectory>());
        DiskCache cache;
        try
        {
            cache = new DiskCache(options, directory, disk, time, metrics, loggers);
            cache.Partials.Recover(); // before the first request: a download must not find half a decision
        }
        catch
        {
            directory.Dispose();
            throw;
        }

        // On a thread of its own: a cold disk may take minutes, and the threads of the pool serve hits meanwhile.
        cache.Scanned = Task.Factory.StartNew(
            cache.Scan, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        cache._background = cache.SweepAsync();
        return cache;
    }

    public long FreeBytes() => _directory.FreeBytes();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _stop.CancelAsync();
        await Task.WhenAll(Scanned, _background);
        await _fills.DisposeAsync();
        await Pushes.DisposeAsync();
        _stop.Dispose();
        _directory.Dispose();
    }

    /// <summary>Whether the index has it, or is not complete and cannot say that it has it not.</summary>
    private bool MayBeStored(DigestKey key) =>
        !Scanned.IsCompleted || _blobIndex.SizeOf(key) is not null || _manifestIndex.SizeOf(key) is not null;

    private void Scan()
    {
        try
        {
            var started = Stopwatch.GetTimestamp();
            StartScan.Run(_directory.Manifests, _manifestIndex, _time, _stop.Token);
            StartScan.Run(_directory.Blobs, _blobIndex, _time, _stop.Token);
            _eviction.Enforce();
            Log.Scanned(_logger, Blobs.Blobs, Blobs.Bytes, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (OperationCanceledException)
        {
            // stopped before it was through
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotScanned(_logger, failure.Message);
        }
    }

    private async Task SweepAsync()
    {
        await Scanned;
        using var timer = new PeriodicTimer(SweepEvery, _time);
        try
        {
            do
            {
                Sweep();
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private void Sweep()
    {
        try
        {
            Pushes.Sweep();
            Tags.Prune();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotScanned(_logger, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4070, LogLevel.Information, "The cache holds {Blobs} blobs, {Bytes} bytes; looked through in {Milliseconds:F0} ms")]
        public static partial void Scanned(ILogger logger, long blobs, long bytes, double milliseconds);

        [LoggerMessage(4071, LogLevel.Error, "The cache could not be looked through: {Reason}; what was not found is not evicted")]
        public static partial void NotScanned(ILogger logger, string reason);
    }
}
