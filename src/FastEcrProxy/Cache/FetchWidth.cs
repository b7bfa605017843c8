namespace FastEcrProxy.Cache;

/// <summary>How many connections a fill is worth: one at first, more while much is left and more bring it sooner.</summary>
/// <remarks>
///   Measuring ──► WarmingUp ──► Trying ──► Settled     more did not help: back to what there was, for the rest of this fill
///       ▲                         └──────► Measuring   more did help
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

    // What new connections need to get going, TLS and slow start included, before a rate says anything about them.
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(300);

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

    private enum State
    {
        Measuring,
        WarmingUp,
        Trying,
        Settled,
    }

    /// <summary>How many connections should be at work now.</summary>
    public int Wanted { get; private set; } = 1;

    /// <summary>A connection has failed: half of them will do. Whoever refuses more than one is not asked for more again.</summary>
    public void Refused()
    {
        Wanted = Math.Max(1, Wanted / 2);
        _state = Wanted == 1 ? State.Settled : State.Measuring;
    }

    /// <summary>Looks at what has come since the last time; to be called a few times a second.</summary>
    /// <param name="present">Bytes of the blob that are there.</param>
    /// <param name="length">The blob's length in bytes.</param>
    /// <param name="active">Connections at work now, at least one.</param>
    public void Measure(long present, long length, int active)
    {
        var elapsed = time.GetElapsedTime(_since);
        if (_state is State.Settled || elapsed < (_state is State.WarmingUp ? WarmUp : Window))
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
                (Wanted, _state) = (_before.Width, State.Settled);
                break;
            default:
                _state = State.Measuring;
                Widen(length - present, rate, active);
                break;
        }
    }

    private void Widen(long left, double rate, int active)
    {
        var worth = rate / active > FastBytesPerSecond ? FastWorthSeconds : WorthSeconds;
        var room = Math.Min(most, left / FillPlan.SegmentBytes); // each is to have something to do
        if (room <= active || rate == 0 || left < rate * worth)
        {
            return;
        }

        _before = (active, rate);
        Wanted = (int)Math.Clamp(Math.Ceiling(active * left / (rate * GoalSeconds)), active + 1, room);
        _state = State.WarmingUp;
    }
}
