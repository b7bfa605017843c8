using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Http;

/// <summary>
/// Fetches the layers of a manifest that a client has just got before the client asks for them, so that their way to the
/// registry is behind them by then. The client's own request joins what it finds on its way.
/// </summary>
/// <remarks>
/// A guess may be wrong: the client may have the layers, or want the manifest only. So there are places for a few at a time,
/// all images together; no more than that are ahead of what was asked for of one image; each goes on for as long as a download
/// that everybody has left; and none is made twice before somebody has asked for the layer.
/// </remarks>
internal sealed partial class Prefetch : IDisposable
{
    private const int WaitingMost = 256; // images that wait for a place: what comes later finds its layers asked for already

    private static readonly TimeSpan GivenUpEvery = TimeSpan.FromMinutes(1);

    private readonly BlobStore _store;
    private readonly RepositoryBlobs _repositories;
    private readonly CacheOptions _options;
    private readonly ILogger<Prefetch> _logger;
    private readonly int _places;
    private readonly RecentManifests _recent;
    private readonly Guesses _guesses;
    private readonly Queue<PulledImage> _waiting = [];
    private readonly Lock _gate = new(); // before that of the table of fills, never after it
    private readonly ITimer? _timer;
    private int _taken;
    private volatile bool _isStopped;

    public Prefetch(
        BlobStore store, RepositoryBlobs repositories, CacheOptions options, TimeProvider time, ProxyMetrics metrics,
        ILogger<Prefetch> logger)
    {
        (_store, _repositories, _options, _logger) = (store, repositories, options, logger);
        _places = options.ReadAheadBytes == 0 ? 0 : options.Prefetch; // nothing is fetched of what nobody reads: nothing ahead
        (_recent, _guesses) = (new RecentManifests(time), new Guesses(time, metrics));
        _timer = _places == 0 ? null : time.CreateTimer(_ => GiveUpOld(), null, GivenUpEvery, GivenUpEvery);
    }

    /// <summary>A manifest goes to a client. Its layers are worth a guess where the client gets its bytes.</summary>
    /// <param name="http">Whether it gets them.</param>
    /// <param name="to">Where it was asked for.</param>
    /// <param name="manifest">What it is.</param>
    /// <param name="outcome">Where it comes from: a stale one says that the registry does not answer.</param>
    public void Sent(HttpContext http, Destination to, StoredManifest manifest, CacheOutcome outcome)
    {
        if (_places > 0 && !_isStopped && outcome is not CacheOutcome.Stale && http.Request.Method == HttpMethods.Get
            && !LayerRedirect.IsFor(to.Rule, http.Connection.RemoteIpAddress) // its layers do not come this way
            && _recent.TryTake(manifest.Digest))
        {
            Consider(to, manifest);
        }
    }

    /// <summary>A client asks for a blob. Call it with each, before the blob is looked for.</summary>
    public void Asked(Digest digest)
    {
        if (!_guesses.MayHave(digest))
        {
            return;
        }

        lock (_gate)
        {
            if (_guesses.Take(digest) is { } guess)
            {
                LeavePlace(guess);
                Advance(guess.Image);
                ServeWaiting();
            }
        }
    }

    /// <summary>Nothing more is begun; what runs is left to itself.</summary>
    public void Stop()
    {
        _isStopped = true;
        lock (_gate)
        {
            _waiting.Clear();
        }
    }

    public void Dispose()
    {
        Stop();
        _timer?.Dispose();
    }

    /// <summary>Off the client's way: it has its manifest before anybody looks into it.</summary>
    private void Consider(Destination from, StoredManifest manifest) => Task.Run(() =>
    {
        try
        {
            List<Digest> blobs =
            [
                .. ManifestReader.Read(manifest.Bytes.Span)
                    .Where(named => !named.IsManifest && !(named.Size > _options.SizeBytes)) // what cannot be stored cannot be ahead
                    .Select(static named => named.Digest),
            ];
            lock (_gate)
            {
                Advance(new PulledImage(DigestKey.Of(manifest.Digest), from, blobs));
            }
        }
        catch (Exception failure)
        {
            Log.Broken(_logger, failure, manifest.Digest.ToString());
        }
    });

    /// <summary>Starts what may be ahead of the image now, and stands it in line where there is no place.</summary>
    private void Advance(PulledImage image)
    {
        while (!_isStopped && image.TryPeek(out var next) && _guesses.Count(image.Manifest, image.Considered) < _places)
        {
            if (_taken >= _places)
            {
                Wait(image);
                return;
            }

            image.Pass();
            if (!_guesses.MayHave(next))
            {
                TryStart(image, next);
            }
        }
    }

    private void Wait(PulledImage image)
    {
        if (!image.Waits && _waiting.Count < WaitingMost)
        {
            image.Waits = true;
            _waiting.Enqueue(image);
        }
    }

    private void ServeWaiting()
    {
        while (_taken < _places && _waiting.TryDequeue(out var image))
        {
            image.Waits = false;
            Advance(image);
        }
    }

    private void TryStart(PulledImage image, Digest digest)
    {
        var source = image.From.Registries.BlobsOf(image.From.There, digest);
        OpenBlob open = async (offset, end, cancel) =>
        {
            var opened = await source.OpenAsync(offset, end, cancel);
            if (opened.Value is not null)
            {
                _repositories.Learn(image.From.Key, digest); // before a client that has joined is told the length
            }

            return opened;
        };
        Task<FetchFailure?>? ended = null;
        if (_guesses.TryAdd(digest, image, () => (ended = _store.TryFetchAhead(digest, open)) is not null) is { } guess)
        {
            _taken++;
            Task.Run(() => FollowAsync(guess, ended!));
        }
    }

    /// <summary>Waits until nothing more comes of a guess, and gives its place to the next.</summary>
    private async Task FollowAsync(Guess guess, Task<FetchFailure?> ended)
    {
        var failure = await ended;
        lock (_gate)
        {
            if (failure is not (null or { Error: FetchError.Unwanted or FetchError.Stopping }))
            {
                _guesses.Failed(guess);
            }

            LeavePlace(guess);
            ServeWaiting();
        }
    }

    private void LeavePlace(Guess guess)
    {
        _taken -= guess.HoldsPlace ? 1 : 0;
        guess.HoldsPlace = false;
    }

    private void GiveUpOld()
    {
        lock (_gate)
        {
            _guesses.GiveUpOld();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3010, LogLevel.Error, "What {Manifest} names could not be looked into; this is a bug")]
        public static partial void Broken(ILogger logger, Exception failure, string manifest);
    }
}
