using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>
/// How long a change at the registry is waited for: as long as the client is there, and a moment longer, since a push that has got
/// so far is a fact, and what is known of it is worth having.
/// </summary>
internal sealed class OutcomeWait : IDisposable
{
    // A registry that has a body answers within seconds; a proxy that stops must not wait for longer.
    private static readonly TimeSpan AfterClient = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _left;

    public OutcomeWait(HttpContext http, TimeProvider time)
    {
        _end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _left = http.RequestAborted.UnsafeRegister(static end => ((CancellationTokenSource)end!).CancelAfter(AfterClient), _end);
    }

    public CancellationToken Token => _end.Token;

    public void Dispose()
    {
        _left.Dispose();
        _end.Dispose();
    }
}
