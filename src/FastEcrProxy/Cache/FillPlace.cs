namespace FastEcrProxy.Cache;

/// <summary>One download's place among those that may run at the same time. Disposing it gives the place to the next.</summary>
internal sealed class FillPlace(Action release) : IDisposable
{
    private Action? _release = release;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
