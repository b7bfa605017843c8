namespace FastEcrProxy.Cache;

/// <summary>
/// A fill and how many hold it: its writer and its readers. When the last lets go, the file is closed and may be evicted.
/// </summary>
internal sealed class RunningFill(long readAheadBytes, Action released)
{
    private int _holders = 1; // the writer

    public BlobFill Fill { get; } = new(readAheadBytes);

    /// <summary>Its place among those that may run; null where nobody counts it.</summary>
    public FillPlace? Place { get; init; }

    /// <summary>Completes when nothing is written any more and the outcome stands.</summary>
    public Task Ended { get; set; } = Task.CompletedTask;

    /// <summary>One more reader, to be let go with <see cref="LetReaderGo"/>. False: the fill has failed.</summary>
    public bool TryAddReader()
    {
        if (!Fill.TryAddReader())
        {
            return false;
        }

        Interlocked.Increment(ref _holders);
        return true;
    }

    public void LetReaderGo()
    {
        Fill.RemoveReader();
        LetGo();
    }

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
