namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>The system's clock, except that the date can be moved; timers run as always.</summary>
internal sealed class MovedClock : TimeProvider
{
    private long _aheadTicks;

    public void Move(TimeSpan ahead) => Interlocked.Add(ref _aheadTicks, ahead.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _aheadTicks));
}
