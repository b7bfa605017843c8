namespace FastEcrProxy.Cache;

/// <summary>
/// A fill and how many hold it: its writer and its readers. When the last lets go, the file is closed and may be evicted.
/// </summary>
internal sealed class RunningFill(Action released)
{
    private int _holders = 1; // the writer

    public BlobFill Fill { get; } = new();

    /// <summary>Completes when nothing is written any more and the outcome stands.</summary>
    public Task Ended { get; set; } = Task.CompletedTask;

    public void Hold() => Interlocked.Increment(ref _holders);

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
        {
            if (Fill.HasFile)
            {
                Fill.File.Dispose();
            }

            released();
        }
    }
}
