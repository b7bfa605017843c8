namespace FastEcrProxy.LocalEcr;

/// <summary>Holds a body back to a rate, in real time whatever clock the tokens live by. Zero is no limit.</summary>
internal sealed class Pace(long bytesPerSecond)
{
    private readonly long _start = TimeProvider.System.GetTimestamp();

    public Task WaitAsync(long sent, CancellationToken cancel)
    {
        if (bytesPerSecond == 0)
        {
            return Task.CompletedTask;
        }

        var due = TimeSpan.FromSeconds((double)sent / bytesPerSecond) - TimeProvider.System.GetElapsedTime(_start);
        return due > TimeSpan.Zero ? Task.Delay(due, TimeProvider.System, cancel) : Task.CompletedTask;
    }
}
