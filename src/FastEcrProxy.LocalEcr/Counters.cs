using System.Numerics;

namespace FastEcrProxy.LocalEcr;

/// <summary>What one Region was asked, and what it sent. Everything is safe to read while requests run.</summary>
public sealed class Counters
{
    /// <summary>How many requests <see cref="Log"/> remembers; older ones are forgotten.</summary>
    public const int LogLength = 10_000;

    private readonly Lock _gate = new();
    private readonly long[] _requests = new long[32];
    private readonly Dictionary<string, long> _layerBytes = [];
    private readonly Dictionary<string, long> _layerGets = [];
    private readonly Queue<RequestEntry> _log = [];
    private readonly List<(RequestKind Kinds, long Count, TaskCompletionSource Came)> _waiters = [];
    private int _openTransfers;
    private int _maxOpenTransfers;
    private long _uploadBytes;
    private int _openUploads;
    private int _maxOpenUploads;

    /// <summary>Layer bodies being sent now.</summary>
    public int OpenLayerTransfers
    {
        get { lock (_gate) { return _openTransfers; } }
    }

    /// <summary>The most layer bodies that were being sent at once since the start or the last reset.</summary>
    public int MaxOpenLayerTransfers
    {
        get { lock (_gate) { return _maxOpenTransfers; } }
    }

    /// <summary>Bytes of pushed bodies, blobs and manifests, that the registry has taken in.</summary>
    public long UploadBytes
    {
        get { lock (_gate) { return _uploadBytes; } }
    }

    /// <summary>Bodies of pushes being taken in now.</summary>
    public int OpenUploadTransfers
    {
        get { lock (_gate) { return _openUploads; } }
    }

    /// <summary>The most bodies of pushes that were being taken in at once since the start or the last reset.</summary>
    public int MaxOpenUploadTransfers
    {
        get { lock (_gate) { return _maxOpenUploads; } }
    }

    /// <summary>The last <see cref="LogLength"/> requests in the order of their arrival.</summary>
    public IReadOnlyList<RequestEntry> Log
    {
        get { lock (_gate) { return [.. _log]; } }
    }

    /// <summary>Requests of all the kinds given, counted when they arrive.</summary>
    public long Requests(RequestKind kinds = RequestKind.Any)
    {
        lock (_gate)
        {
            return CountOf(kinds);
        }
    }

    /// <summary>Body bytes handed to the layers origin's connections, of one digest or of all.</summary>
    public long LayerBytes(string? digest = null)
    {
        lock (_gate)
        {
            return digest is null ? _layerBytes.Values.Sum() : _layerBytes.GetValueOrDefault(digest);
        }
    }

    /// <summary>GETs at the layers origin, whole and ranged, of one digest or of all.</summary>
    public long LayerGets(string? digest = null)
    {
        lock (_gate)
        {
            return digest is null ? _layerGets.Values.Sum() : _layerGets.GetValueOrDefault(digest);
        }
    }

    /// <summary>Completes when <paramref name="count"/> requests of these kinds have arrived since the last reset.</summary>
    public Task WaitForAsync(RequestKind kinds, long count, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (CountOf(kinds) >= count)
            {
                return Task.CompletedTask;
            }

            var came = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((kinds, count, came));
            return came.Task.WaitAsync(cancel);
        }
    }

    /// <summary>All numbers of one moment.</summary>
    public CounterSnapshot Snapshot()
    {
        lock (_gate)
        {
            var requests = Enum.GetValues<RequestKind>()
                .Where(kind => BitOperations.IsPow2((int)kind))
                .ToDictionary(kind => kind, kind => _requests[BitOperations.Log2((uint)kind)]);
            return new CounterSnapshot(requests, new(_layerBytes), new(_layerGets), _openTransfers, _maxOpenTransfers);
        }
    }

    /// <summary>Starts counting anew. Transfers still open stay counted as open.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            Array.Clear(_requests);
            _layerBytes.Clear();
            _layerGets.Clear();
            _log.Clear();
            _maxOpenTransfers = _openTransfers;
            _uploadBytes = 0;
            _maxOpenUploads = _openUploads;
        }
    }

    internal void Arrived(RequestEntry entry)
    {
        lock (_gate)
        {
            _requests[BitOperations.Log2((uint)entry.Kind)]++;
            if (entry.Kind is RequestKind.GetLayer or RequestKind.GetLayerRange && entry.Digest is { } digest)
            {
                _layerGets[digest] = _layerGets.GetValueOrDefault(digest) + 1;
            }

            _log.Enqueue(entry);
            if (_log.Count > LogLength)
            {
                _log.Dequeue();
            }

            _waiters.RemoveAll(waiter => CountOf(waiter.Kinds) >= waiter.Count && waiter.Came.TrySetResult());
        }
    }

    internal void TransferOpened()
    {
        lock (_gate)
        {
            _maxOpenTransfers = Math.Max(_maxOpenTransfers, ++_openTransfers);
        }
    }

    internal void TransferClosed()
    {
        lock (_gate)
        {
            _openTransfers--;
        }
    }

    internal void LayerSent(string digest, long bytes)
    {
        lock (_gate)
        {
            _layerBytes[digest] = _layerBytes.GetValueOrDefault(digest) + bytes;
        }
    }

    internal void UploadOpened()
    {
        lock (_gate)
        {
            _maxOpenUploads = Math.Max(_maxOpenUploads, ++_openUploads);
        }
    }

    internal void UploadClosed()
    {
        lock (_gate)
        {
            _openUploads--;
        }
    }

    internal void UploadTaken(long bytes)
    {
        lock (_gate)
        {
            _uploadBytes += bytes;
        }
    }

    private long CountOf(RequestKind kinds)
    {
        var count = 0L;
        for (var bits = (uint)kinds; bits != 0; bits &= bits - 1)
        {
            count += _requests[BitOperations.TrailingZeroCount(bits)];
        }

        return count;
    }
}
