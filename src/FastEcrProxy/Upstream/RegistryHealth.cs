namespace FastEcrProxy.Upstream;

/// <summary>
/// Whether a registry is worth asking: it is not after several failures in a row, until a probe has reached it. Clients'
/// requests never have to find out.
/// </summary>
/// <remarks>
/// Closed ──failures──► Open ──probe──► HalfOpen ──answer──► Closed
///                        ▲                │
///                        └────failure─────┘
/// </remarks>
/// <param name="time">The clock of pauses and outages.</param>
/// <param name="changed">Told when it opens and when it closes.</param>
/// <param name="isAlone">
/// Whether its rule has no other: then it is asked all the same, so that an answer closes the circuit, and nobody probes.
/// </param>
internal sealed class RegistryHealth(TimeProvider time, Action<RegistryHealth.Change>? changed = null, bool isAlone = false)
{
    /// <summary>One lost connection is chance, and a request tries twice by itself; three in a row are an outage.</summary>
    public const int FailuresToOpen = 3;

    private const double LatencyWeight = 0.2; // of the newest: some ten answers make the old ones forgotten

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    // Open again within this time: what the probe sees is not what fails, and it waits longer before it is believed again.
    private static readonly TimeSpan Relapse = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private int _failuresInRow;
    private TimeSpan _pause = FirstPause;
    private DateTimeOffset _openedAt;
    private DateTimeOffset _probedAt = DateTimeOffset.MinValue;
    private DateTimeOffset _closedAt = DateTimeOffset.MinValue;
    private double _latencySeconds;

    /// <summary>See the picture.</summary>
    public enum State { Closed, Open, HalfOpen }

    public State Current { get; private set; }

    /// <summary>Whether clients' requests pass it by.</summary>
    public bool IsOpen => Current is State.Open;

    /// <summary>Why it failed last; null while it has not.</summary>
    public string? Reason { get; private set; }

    /// <summary>How soon it answers probes, of late, in seconds; zero while nobody knows.</summary>
    public double LatencySeconds
    {
        get
        {
            lock (_gate)
            {
                return _latencySeconds;
            }
        }
    }

    /// <summary>It answered a client's request, with whatever status.</summary>
    public void Answered()
    {
        Change? change = null;
        lock (_gate)
        {
            if (Current is State.Open && !isAlone)
            {
                return; // asked before it failed; whether it is back is for the probe to say
            }

            change = Current is State.Open ? Closed() : null;
            _failuresInRow = 0;
            Current = State.Closed;
        }

        Tell(change);
    }

    /// <summary>A probe reached it.</summary>
    public void Probed(TimeSpan latency)
    {
        Change? change = null;
        lock (_gate)
        {
            Measured(latency);
            _probedAt = time.GetUtcNow();
            if (Current is State.Open)
            {
                Current = State.HalfOpen;
                _failuresInRow = FailuresToOpen - 1; // the next failure opens it again
                change = Closed();
            }
        }

        Tell(change);
    }

    /// <summary>It did not answer, or said that it cannot.</summary>
    public void Failed(string reason)
    {
        Change? change = null;
        lock (_gate)
        {
            Reason = reason;
            var now = time.GetUtcNow();
            if (Current is State.Open)
            {
                return;
            }

            if (++_failuresInRow >= FailuresToOpen)
            {
                Current = State.Open;
                _openedAt = now;
                _pause = now - _closedAt < Relapse ? Longer(_pause) : FirstPause;
                _probedAt = now;
                change = new Change(IsOpen: true, reason, TimeSpan.Zero);
            }
        }

        Tell(change);
    }

    /// <summary>Whether it is time for a probe: of one that is down with growing pauses, of one that answers now and then.</summary>
    /// <param name="every">How often one that answers is looked at, to know how soon it does; infinite for never.</param>
    public bool TakeProbe(TimeSpan every)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var pause = Current is State.Open ? _pause : every;
            if (pause == Timeout.InfiniteTimeSpan || now - _probedAt < pause)
            {
                return false;
            }

            _probedAt = now;
            _pause = Current is State.Open ? Longer(_pause) : _pause;
            return true;
        }
    }

    private Change Closed()
    {
        _closedAt = time.GetUtcNow();
        return new Change(IsOpen: false, Reason, _closedAt - _openedAt);
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    private void Measured(TimeSpan latency) => _latencySeconds = _latencySeconds == 0
        ? latency.TotalSeconds
        : (_latencySeconds * (1 - LatencyWeight)) + (latency.TotalSeconds * LatencyWeight);

    private void Tell(Change? change)
    {
        if (change is { } news)
        {
            changed?.Invoke(news);
        }
    }

    /// <summary>The circuit has opened, or closed again.</summary>
    /// <param name="IsOpen">Whether the registry is passed by from now on.</param>
    /// <param name="Reason">The last failure.</param>
    /// <param name="DownFor">How long it was passed by; zero when it begins.</param>
    internal readonly record struct Change(bool IsOpen, string? Reason, TimeSpan DownFor);
}
