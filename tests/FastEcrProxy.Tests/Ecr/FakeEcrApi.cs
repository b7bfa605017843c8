using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

/// <summary>AWS, obedient: gives token-1, token-2, … or fails, at once or when told to.</summary>
internal sealed class FakeEcrApi(TimeProvider time) : IEcrApi
{
    private readonly TaskCompletionSource _secondCall = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _held;
    private int _calls;

    public int Calls => Volatile.Read(ref _calls);

    public Task SecondCall => _secondCall.Task;

    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(12);

    public EcrFailure? Failure { get; set; }

    /// <summary>From now on calls do not return until <see cref="Release"/>.</summary>
    public void Hold() => _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _held!.SetResult();

    public async Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel)
    {
        var call = Interlocked.Increment(ref _calls);
        if (call == 2)
        {
            _secondCall.SetResult();
        }

        if (_held is { } held)
        {
            await held.Task.WaitAsync(cancel);
        }

        return Failure is { } failure
            ? (null, failure)
            : (new EcrToken($"token-{call}", time.GetUtcNow() + Lifetime, null), null);
    }
}
