namespace FastEcrProxy.Http;

/// <summary>One layer on its way to or from a client. Disposing it gives its place to the next.</summary>
internal sealed class Transfer(Action? release, Transfers.Pace? pace) : IDisposable
{
    /// <summary>One that nobody counts or slows down.</summary>
    public static readonly Transfer Free = new(null, null);

    private Action? _release = release;

    /// <summary>Says when bytes may move; null: whenever they can.</summary>
    public Transfers.Pace? Pace { get; } = pace;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
