using System.Globalization;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>
/// The layers that are being pushed through, and are kept on their way, so that the first pull of a new image finds them. All of
/// this may be lost at any moment: a push is never worse for it.
/// </summary>
/// <remarks>
/// An upload of several requests is kept where this process sees all of them in order: between two of them its file waits under
/// the upload's name, for a while. It becomes a blob when the registry has said that it has the layer, and its hash is the digest.
/// </remarks>
internal sealed partial class PushedBlobs(
    CacheOptions options, CacheDirectory directory, Eviction eviction, Disk disk, TimeProvider time, ProxyMetrics metrics,
    ILogger<PushedBlobs> logger) : IAsyncDisposable
{
    /// <summary>How many layers are kept at the same time; those beyond go through unkept. Ten docker clients push fifty.</summary>
    public const int CountMax = 64;

    // What is on its way may take this part of the cache: pushes must not push out all that is pulled.
    private const int ShareMax = 4;

    private const string Prefix = "push-"; // no digest: the next start removes what is left of them

    // Clients send one chunk after the other; one that takes longer than this has given up.
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (PushedBlob Blob, long Since)> _waiting = [];
    private readonly SemaphoreSlim _publishing = new(1); // one flush keeps a disk busy
    private readonly HashSet<Task> _publishes = [];
    private long _reserved; // guarded by the gate
    private int _open;      // guarded by the gate: those that wait are counted, too
    private long _lastName;
    private bool _isStopped;

    /// <summary>Layers that are being kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    /// <summary>
    /// What keeps the next bytes of an upload; null where they are not kept, because not all bytes before them were seen here, or
    /// because enough is kept already. To be given back with <see cref="Wait"/>, <see cref="Publish"/> or <see cref="Drop(PushedBlob)"/>.
    /// </summary>
    /// <param name="upload">The upload's name, of which there is one on earth; null for one that is a single request.</param>
    /// <param name="offset">How many bytes the upload has; null where that is not known: then what was seen is taken for all.</param>
    public PushedBlob? Take(string? upload, long? offset)
    {
        Sweep();
        PushedBlob? old = null;
        try
        {
            lock (_gate)
            {
                if (upload is not null && _waiting.Remove(upload, out var waiting))
                {
                    if (offset is null || (offset > 0 && waiting.Blob.Length == offset))
                    {
                        return waiting.Blob;
                    }

                    old = waiting.Blob;
                }

                if (offset != 0 || _isStopped || _open >= CountMax)
                {
                    return null;
                }

                _open++;
                var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{++_lastName}");
                return new PushedBlob(Path.Combine(directory.Partials, name), TryReserve, Release, disk);
            }
        }
        finally
        {
            Drop(old);
        }
    }

    /// <summary>The upload has not ended: what is there of it waits for its next request.</summary>
    public void Wait(string upload, PushedBlob blob)
    {
        PushedBlob? old = null;
        lock (_gate)
        {
            if (_isStopped || blob.Failure is not null)
            {
                old = blob;
            }
            else
            {
                old = _waiting.Remove(upload, out var other) ? other.Blob : null;
                _waiting.Add(upload, (blob, time.GetTimestamp()));
            }
        }

        Drop(old);
    }

    /// <summary>The upload was given up.</summary>
    public void Forget(string upload)
    {
        PushedBlob? old;
        lock (_gate)
        {
            old = _waiting.Remove(upload, out var waiting) ? waiting.Blob : null;
        }

        Drop(old);
    }

    /// <summary>It is not kept.</summary>
    public void Drop(PushedBlob? blob)
    {
        if (blob is not null)
        {
            blob.Dispose();
            lock (_gate)
            {
                _open--;
            }
        }
    }

    /// <summary>The registry has the layer: what was kept of it becomes a blob, in a moment, if it is the layer.</summary>
    public void Publish(PushedBlob blob, Digest digest)
    {
        lock (_gate)
        {
            if (!_isStopped)
            {
                var publish = PublishAsync(blob, digest);
                _publishes.Add(publish);
                _ = publish.ContinueWith(Published, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                return;
            }
        }

        Drop(blob);
    }

    /// <summary>Lets go what has waited for too long.</summary>
    public void Sweep()
    {
        List<PushedBlob> old = [];
        lock (_gate)
        {
            foreach (var (upload, (blob, since)) in _waiting)
            {
                if (time.GetElapsedTime(since) > WaitMax)
                {
                    _waiting.Remove(upload);
                    old.Add(blob);
                }
            }
        }

        old.ForEach(Drop);
    }

    /// <summary>Ends what waits; returns when what the registry has is stored.</summary>
    public async ValueTask DisposeAsync()
    {
        List<PushedBlob> old;
        Task[] ends;
        lock (_gate)
        {
            _isStopped = true;
            old = [.. _waiting.Values.Select(static waiting => waiting.Blob)];
            _waiting.Clear();
            ends = [.. _publishes];
        }

        old.ForEach(Drop);
        await Task.WhenAll(ends);
    }

    private bool TryReserve(long bytes)
    {
        lock (_gate)
        {
            if (_reserved + bytes > options.SizeBytes / ShareMax)
            {
                return false;
            }

            _reserved += bytes;
        }

        if (eviction.Reserve(bytes) is null)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    private void Release(long bytes)
    {
        eviction.Release(bytes);
        Give(bytes);
    }

    private void Give(long bytes)
    {
        lock (_gate)
        {
            _reserved -= bytes;
        }
    }

    private async Task PublishAsync(PushedBlob blob, Digest digest)
    {
        await _publishing.WaitAsync();
        var end = FillEnd.Failed;
        try
        {
            end = await Task.Factory.StartNew(
                () => PublishNow(blob, digest), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _publishing.Release();
            Drop(blob);
            metrics.PushEnded(end); // so late that whoever sees it finds the outcome in place
        }
    }

    private FillEnd PublishNow(PushedBlob blob, Digest digest)
    {
        try
        {
            if (File.Exists(directory.Blob(digest)))
            {
                return FillEnd.Published; // pulled or pushed before
            }

            if (blob.FileOf(digest) is not { } file)
            {
                Log.NotKept(logger, digest.ToString(), blob.Failure?.Reason ?? "the bytes that went through here are not it");
                return FillEnd.Failed;
            }

            Store(blob, file, digest);
            return FillEnd.Published;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.NotKept(logger, digest.ToString(), $"the cache's disk failed: {failure.Message}");
            return FillEnd.Failed;
        }
    }

    /// <summary>Flushed first: a name never stands for bytes that a power cut can lose.</summary>
    private void Store(PushedBlob blob, SafeFileHandle file, Digest digest)
    {
        RandomAccess.FlushToDisk(file);
        var path = directory.Blob(digest);
        directory.MakeInside(Path.GetDirectoryName(path)!);
        var room = blob.HandOverRoom();
        try
        {
            Release(room - blob.Length);
            room = blob.Length;
            eviction.Publish(DigestKey.Of(digest), blob.Length, time.GetUtcNow(), () => File.Move(blob.Path, path, overwrite: true));
        }
        catch
        {
            Release(room);
            throw;
        }

        Give(room);
    }

    private void Published(Task publish)
    {
        lock (_gate)
        {
            _publishes.Remove(publish);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4080, LogLevel.Warning, "{Digest} was pushed through and is not kept: {Reason}; the first pull fetches it")]
        public static partial void NotKept(ILogger logger, string digest, string reason);
    }
}
