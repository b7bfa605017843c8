using System.Diagnostics.Metrics;

namespace FastEcrProxy.Observability;

/// <summary>Every measurement of the proxy, by what happened. Kestrel, HttpClient and the runtime publish their own.</summary>
/// <remarks>
/// What has no tags is kept as a number and observed: it is there, as zero, from the first scrape on,
/// so that an alert on its rate sees the first digest mismatch too. What every request counts is observed as well, since that is cheaper.
/// </remarks>
internal sealed class ProxyMetrics
{
    public const string MeterName = "FastEcrProxy";

    // A hit on a small manifest takes under a millisecond, a 10 GB layer over a slow line many minutes.
    private static readonly InstrumentAdvice<double> RequestSeconds = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    };

    // Until the headers of one answer: a round trip in the Region, up to the connect and first-byte time-outs.
    private static readonly InstrumentAdvice<double> UpstreamSeconds = new()
    {
        HistogramBucketBoundaries = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    private readonly Meter _meter;
    private readonly RequestCounts _requests = new();
    private readonly Histogram<double> _requestDuration;
    private readonly Counter<long> _fillsEnded;
    private readonly Counter<long> _pushesEnded;
    private readonly Counter<long> _limited;
    private readonly Histogram<double> _upstreamDuration;

    // Written with Interlocked; 64-bit reads are whole on every platform that this runs on.
    private long _fillsActive;
    private long _upstreamBytes;
    private long _receivedBytes;
    private long _resumes;
    private long _failovers;
    private long _lags;
    private long _outages;
    private long _mismatches;
    private long _evictedBlobs;
    private long _evictedBytes;
    private long _stalledClients;
    private long _refusedCallers;
    private long _blockedCallers;
    private long _deniedCallers;
    private long _badCertificates;
    private long _guesses;
    private long _rightGuesses;
    private long _wrongGuesses;
    private long _failedGuesses;

    public ProxyMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);

        _meter.CreateObservableCounter("fastecr.requests", _requests.Requests, "{request}", "Requests answered.");
        _requestDuration = _meter.CreateHistogram(
            "fastecr.request.duration", "s", "From a request's headers to the last byte of its answer.", null, RequestSeconds);
        _meter.CreateObservableCounter("fastecr.client.sent", _requests.Bytes, "By", "Bytes of bodies sent to clients.");
        _fillsEnded = _meter.CreateCounter<long>("fastecr.fills.ended", "{fill}", "Downloads into the cache that ended.");
        _pushesEnded = _meter.CreateCounter<long>("fastecr.pushes.ended", "{layer}", "Layers pushed through, and whether they are kept.");
        _limited = _meter.CreateCounter<long>("fastecr.limited", "{client}", "Times that a client was over one of the limits.");
        _upstreamDuration = _meter.CreateHistogram(
            "fastecr.upstream.duration", "s", "From a request upstream to the headers of its answer.", null, UpstreamSeconds);

        _meter.CreateObservableUpDownCounter(
            "fastecr.fills.active", () => _fillsActive, "{fill}", "Downloads into the cache that run now.");
        Observe("fastecr.client.received", "By", "Bytes of bodies received from clients.", () => _receivedBytes);
        Observe("fastecr.upstream.received", "By", "Bytes of content received from upstream.", () => _upstreamBytes);
        Observe("fastecr.upstream.resumes", "{resume}", "Cut downloads that went on where they stopped.", () => _resumes);
        Observe(
            "fastecr.upstream.failovers", "{request}", "Times that another registry of the rule was asked as one failed.",
            () => _failovers);
        Observe(
            "fastecr.upstream.lags", "{request}", "Times that another registry of the rule was asked as one did not have it.", () => _lags);
        Observe("fastecr.upstream.outages", "{outage}", "Times that a registry was found to be down.", () => _outages);
        Observe("fastecr.digest.mismatches", "{mismatch}", "Content that its digest does not name.", () => _mismatches);
        Observe("fastecr.cache.evictions", "{blob}", "Blobs removed to make room.", () => _evictedBlobs);
        Observe("fastecr.cache.evicted", "By", "Bytes removed to make room.", () => _evictedBytes);
        Observe("fastecr.client.stalled", "{client}", "Clients broken off that took or sent nothing for too long.", () => _stalledClients);
        Observe("fastecr.client.refused", "{request}", "Requests with credentials that are wrong.", () => _refusedCallers);
        Observe(
            "fastecr.client.blocked", "{request}", "Requests whose credentials were not looked at, after too many wrong ones.",
            () => _blockedCallers);
        Observe("fastecr.client.denied", "{request}", "Requests for what the caller may not do.", () => _deniedCallers);
        Observe(
            "fastecr.client.certificates.refused", "{certificate}", "Clients' certificates that no CA of the settings stands for.",
            () => _badCertificates);
        Observe("fastecr.prefetch.started", "{layer}", "Layers that were fetched before a client asked for them.", () => _guesses);
        Observe("fastecr.prefetch.used", "{layer}", "Those of them that a client then asked for.", () => _rightGuesses);
        Observe("fastecr.prefetch.wasted", "{layer}", "Those of them that nobody asked for in an hour.", () => _wrongGuesses);
        Observe("fastecr.prefetch.failed", "{layer}", "Those of them that could not be had.", () => _failedGuesses);
    }

    /// <summary>A request is over, however it ended.</summary>
    /// <param name="kind">What it was about.</param>
    /// <param name="status">The status that was sent.</param>
    /// <param name="outcome">Where its content came from.</param>
    /// <param name="bytes">Bytes of body that were sent.</param>
    /// <param name="duration">From its headers to its last byte.</param>
    public void RequestEnded(RequestKind kind, int status, CacheOutcome outcome, long bytes, TimeSpan duration)
    {
        _requests.Add(kind, status, outcome, bytes);
        _requestDuration.Record(duration.TotalSeconds, Tags.Kind(kind), Tags.Outcome(outcome));
    }

    public void FillStarted() => Interlocked.Increment(ref _fillsActive);

    public void FillEnded(FillEnd end)
    {
        Interlocked.Decrement(ref _fillsActive);
        _fillsEnded.Add(1, Tags.End(end));
    }

    /// <summary>A layer was pushed through: it is stored here as well, or it is not.</summary>
    public void PushEnded(FillEnd end) => _pushesEnded.Add(1, Tags.End(end));

    /// <summary>A client was over a limit: refused, or broken off.</summary>
    public void Limited(Limit limit) => _limited.Add(1, Tags.Of(limit));

    /// <summary>Clients sent bytes of bodies, whatever became of them.</summary>
    public void ClientBytes(long bytes) => Interlocked.Add(ref _receivedBytes, bytes);

    /// <summary>Content arrived from upstream, whoever wanted it.</summary>
    public void UpstreamBytes(long bytes) => Interlocked.Add(ref _upstreamBytes, bytes);

    /// <summary>A download that had been cut went on at the first byte that was missing.</summary>
    public void Resumed() => Interlocked.Increment(ref _resumes);

    public void DigestMismatch() => Interlocked.Increment(ref _mismatches);

    /// <summary>A client took nothing of what waited for it, or sent nothing of what it had announced, and was broken off.</summary>
    public void ClientStalled() => Interlocked.Increment(ref _stalledClients);

    /// <summary>Somebody showed credentials that are wrong.</summary>
    public void CallerRefused() => Interlocked.Increment(ref _refusedCallers);

    /// <summary>Somebody's credentials were not looked at, since too many of that address had been wrong.</summary>
    public void CallerBlocked() => Interlocked.Increment(ref _blockedCallers);

    /// <summary>Somebody wanted what they may not do.</summary>
    public void CallerDenied() => Interlocked.Increment(ref _deniedCallers);

    /// <summary>A client showed a certificate that counts for nothing.</summary>
    public void ClientCertificateRefused() => Interlocked.Increment(ref _badCertificates);

    /// <summary>A layer is fetched that no client has asked for; one of the next three follows.</summary>
    public void PrefetchStarted() => Interlocked.Increment(ref _guesses);

    /// <summary>A client asked for a layer that was fetched ahead.</summary>
    public void PrefetchUsed() => Interlocked.Increment(ref _rightGuesses);

    /// <summary>Nobody asked for a layer that was fetched ahead.</summary>
    public void PrefetchWasted() => Interlocked.Increment(ref _wrongGuesses);

    /// <summary>A layer that nobody had asked for could not be had.</summary>
    public void PrefetchFailed() => Interlocked.Increment(ref _failedGuesses);

    /// <summary>Blobs left the cache to make room.</summary>
    public void Evicted(int blobs, long bytes)
    {
        Interlocked.Add(ref _evictedBlobs, blobs);
        Interlocked.Add(ref _evictedBytes, bytes);
    }

    /// <summary>One request upstream has its headers, or failed.</summary>
    /// <param name="peer">Who was asked.</param>
    /// <param name="status">The status of the answer; 0: none came.</param>
    /// <param name="latency">From the request to the headers, or to the failure.</param>
    public void UpstreamAnswered(UpstreamPeer peer, int status, TimeSpan latency) =>
        _upstreamDuration.Record(latency.TotalSeconds, Tags.Peer(peer), Tags.StatusClass(status));

    /// <summary>A registry did not give what was wanted, and the next one of its rule is asked.</summary>
    /// <param name="lags">Whether it just does not have it, as a replica that lags behind; else it has failed.</param>
    public void AnotherRegistryAsked(bool lags) => Interlocked.Increment(ref lags ? ref _lags : ref _failovers);

    /// <summary>A registry is passed by from now on.</summary>
    public void RegistryWentDown() => Interlocked.Increment(ref _outages);

    /// <summary>Says where to read which registries are passed by, by their names in the configuration. Once, at start.</summary>
    public void ObserveRegistries(Func<IEnumerable<Measurement<int>>> down) =>
        _meter.CreateObservableUpDownCounter("fastecr.upstream.down", down, "{registry}", "Registries that are down and passed by.");

    /// <summary>Says where to read the size of the cache. Once, at start.</summary>
    public void ObserveCache(Func<long> bytes, Func<long> blobs)
    {
        _meter.CreateObservableUpDownCounter("fastecr.cache.size", bytes, "By", "Bytes of blobs in the cache.");
        _meter.CreateObservableUpDownCounter("fastecr.cache.blobs", blobs, "{blob}", "Blobs in the cache.");
    }

    /// <summary>Says where to read what downloads hold: connections beyond the first of each, bytes of buffers. Once, at start.</summary>
    public void ObserveFetches(Func<long> addedConnections, Func<long> bufferBytes)
    {
        _meter.CreateObservableUpDownCounter(
            "fastecr.fills.added_connections", addedConnections, "{connection}", "Connections beyond the first of each download.");
        _meter.CreateObservableUpDownCounter(
            "fastecr.fills.buffers", bufferBytes, "By", "Buffers between the connections of downloads and the disk.");
    }

    /// <summary>Says where to read how long the registry's token is still good: seconds, 0 for none. Once, at start.</summary>
    /// <remarks>Null: there is none that could expire, and nothing is told.</remarks>
    public void ObserveToken(Func<double?> secondsLeft) => _meter.CreateObservableGauge(
        "fastecr.token.time_left",
        () => secondsLeft() is { } seconds ? (Measurement<double>[])[new Measurement<double>(seconds)] : [],
        "s",
        "Time until the registry's token expires.");

    /// <summary>Says where to read how long the certificate that ends first is still good, in seconds. Once, at start.</summary>
    public void ObserveCertificates(Func<double> secondsLeft) => _meter.CreateObservableGauge(
        "fastecr.certificate.time_left", secondsLeft, "s", "Time until the first of the ports' certificates expires.");

    private void Observe(string name, string unit, string description, Func<long> value) =>
        _meter.CreateObservableCounter(name, value, unit, description);
}
