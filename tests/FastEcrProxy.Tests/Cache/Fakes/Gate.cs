namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>Stops whoever comes to it until it is opened, and tells when somebody stands before it.</summary>
internal sealed class Gate
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first one has come to it.</summary>
    public Task Reached => _reached.Task;

    public void Open() => _open.TrySetResult();

    public Task PassAsync(CancellationToken cancel)
    {
        _reached.TrySetResult();
        return _open.Task.WaitAsync(cancel);
    }
}
