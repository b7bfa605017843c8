using System.Net.Sockets;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>A connection on which a write fails when the other side has taken nothing for too long. Slow ones may stay.</summary>
/// <param name="inner">Straight on the socket. Belongs to this from now on.</param>
/// <param name="patience">How long the other side may take nothing of what waits for it.</param>
/// <param name="time">The clock of the waits.</param>
internal sealed class TimedWrites(NetworkStream inner, TimeSpan patience, TimeProvider time) : ConnectionStream(inner)
{
    private const int LooksPerPatience = 8; // a stall ends at most two such parts late: the first look only begins to count

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    private readonly SendProgress _progress = new(inner.Socket, time);
    private readonly TimeSpan _pause = patience / LooksPerPatience > ShortestPause ? patience / LooksPerPatience : ShortestPause;
    private volatile bool _isStalled;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var writing = Inner.WriteAsync(buffer, cancellationToken);
        return writing.IsCompletedSuccessfully ? writing : WaitAsync(writing);
    }

    private async ValueTask WaitAsync(ValueTask writing)
    {
        _progress.WaitBegins();
        await using var looks = time.CreateTimer(static self => ((TimedWrites)self!).Look(), this, _pause, _pause);
        try
        {
            await writing;
        }
        catch (Exception) when (_isStalled)
        {
            throw new Stalled();
        }
        finally
        {
            _progress.WaitEnds();
        }
    }

    private void Look()
    {
        if (_progress.Look() >= patience)
        {
            _isStalled = true;
            Inner.Dispose();
        }
    }

    /// <summary>The other side took nothing for too long.</summary>
    internal sealed class Stalled() : IOException("It took nothing for too long.");
}
