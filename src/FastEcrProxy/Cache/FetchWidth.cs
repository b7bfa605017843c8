namespace FastEcrProxy.Cache;

/// <summary>How many connections a fill is worth: one at first, more while much is left and more bring it sooner.</summary>
/// <remarks>
///   Measuring ──► WarmingUp ──► Trying ──► Resting     more did not help, or were refused: back to what there was
///     ▲   ▲                       │          │
///     │   └──── more did help ────┘          │ ten seconds later it may be otherwise
///     └──────────────────────────────────────┘
///
/// S3 and most registries give one connection a rate of its own; a line or a disk that is full does not get faster by more.
/// Which of them it is nobody can know beforehand, so it is tried and looked at.
/// </remarks>
/// <param name="most">Never more than so many.</param>
/// <param name="time">The clock that rates are measured by.</param>
internal sealed class FetchWidth(int most, TimeProvider time)
{
    // Long enough for a rate, short enough that a layer of some hundred MB is not half there.
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    // What new connections need to get going, slow start included, before a rate says anything about them.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);

    // Another continent's store may take a second for TLS and a first byte; one that takes longer is no help.
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromSeconds(3);

    // A try that fails costs next to nothing; a long layer is not to pay to its end for a bad moment. After a refusal twice as many
    // as were left then may be tried, and after as long again twice as many as that.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    // Who has just refused a connection is not asked for another one at once, whoever waits.
    private static readonly TimeSpan RefusalCounts = TimeSpan.FromSeconds(1);

    // What is there sooner than this is not worth another connection.
    private const double WorthSeconds = 0.3;

    // S3 gives one connection up to some 100 MB/s. What is faster is held back by this machine or its line, and trying costs.
    private const double FastBytesPerSecond = 300e6;
    private const double FastWorthSeconds = 3;

    // So many are taken that the rest would be there after this long, should each bring as much as those before.
    private const double GoalSeconds = 0.25;

    private const double GainLeast = 1.2; // below this it was chance

    private State _state;
    private long _since = time.GetTimestamp();
    private long _presentThen;
    private (int Width, double Rate) _before; // the try, in bytes a second
    private long? _refusedAt;
    private int _leftByRefusal = int.MaxValue; // until there is one

    private enum State
    {
        Measuring,
        WarmingUp,
        Trying,
        Resting,
    }

    /// <summary>How many connections should be at work now.</summary>
    public int Wanted { get; private set; } = 1;

    /// <summary>Whether one was refused just now, so that not even a reader who waits gets one.</summary>
    public bool WasJustRefused => _refusedAt is { } at && time.GetElapsedTime(at) < RefusalCounts;

    /// <summary>A connection has failed: half of them will do, until some time without another failure has passed.</summary>
    public void Refused()
    {
        Wanted = Math.Max(1, Wanted / 2);
        _leftByRefusal = Wanted;
        _state = Wanted == 1 ? State.Resting : State.Measuring;
        _refusedAt = time.GetTimestamp();
    }

    /// <summary>Looks at what has come since the last time; to be called a few times a second.</summary>
    /// <param name="present">Bytes of the blob that are there.</param>
    /// <param name="length">The blob's length in bytes.</param>
    /// <param name="active">Connections at work now, at least one.</param>
    /// <param name="allBring">Whether each of them has brought something.</param>
    public void Measure(long present, long length, int active, bool allBring)
    {
        var elapsed = time.GetElapsedTime(_since);
        if (elapsed < Pause(allBring))
        {
            return;
        }

        var rate = (present - _presentThen) / elapsed.TotalSeconds;
        (_since, _presentThen) = (time.GetTimestamp(), present);
        switch (_state)
        {
            case State.WarmingUp:
                _state = State.Trying; // from here on the rate counts
                break;
            case State.Trying when active <= _before.Width: // no connection was to be had: nothing was tried
                (Wanted, _state) = (_before.Width, State.Measuring);
                break;
            case State.Trying when rate < _before.Rate * GainLeast:
                (Wanted, _state) = (_before.Width, State.Resting);
                break;
            default:
                _state = State.Measuring;
                Widen(length - present, rate, active);
                break;
        }
    }

    private TimeSpan Pause(bool allBring) => _state switch
    {
        State.WarmingUp => allBring ? WarmUp : LongestWarmUp,
        State.Resting => Rest,
        _ => Window,
    };

    /// <summary>As many as a refusal has left, and twice as many for each rest without another one.</summary>
    private int Limit()
    {
        var limit = _leftByRefusal;
        for (var rested = _refusedAt is { } at ? time.GetElapsedTime(at) : default; rested >= Rest && limit < most; rested -= Rest)
        {
            limit *= 2;
        }

        return Math.Min(limit, most);
    }

    private void Widen(long left, double rate, int active)
    {
        var worth = rate / active > FastBytesPerSecond ? FastWorthSeconds : WorthSeconds;
        var room = Math.Min(Limit(), left / FillPlan.SegmentBytes); // each is to have something to do
        if (room <= active || rate == 0 || left < rate * worth)
        {
            return;
        }

        _before = (active, rate);
        Wanted = (int)Math.Clamp(Math.Ceiling(active * left / (rate * GoalSeconds)), active + 1, room);
        _state = State.WarmingUp;
    }
}
