using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>One connection's worth of work on a fill: takes a claim, brings its bytes, takes the next, until none is left.</summary>
/// <param name="fill">What it works on.</param>
/// <param name="open">Opens upstream.</param>
/// <param name="isPatient">One of them does not give up easily; the others, added to help, leave their work to it.</param>
/// <param name="isWanted">Asked after each claim: whether it should take another one.</param>
/// <param name="progressed">Told now and then, to note what is there.</param>
/// <param name="memory">Where its buffer comes from.</param>
/// <param name="disk">Takes the bytes.</param>
/// <param name="time">For the pauses between attempts.</param>
/// <param name="metrics">Told of bytes and resumes.</param>
internal sealed class Fetcher(
    BlobFill fill, OpenBlob open, bool isPatient, Func<bool> isWanted, Action<BlobFill> progressed, FetchMemory memory,
    Disk disk, TimeProvider time, ProxyMetrics metrics)
{
    // One write each, where FetchMemory has as much. The one that is always there wants what pays (filesystems lay large writes
    // out in large pieces); of the others there are many.
    private const int BufferBytes = 1 << 20;
    private const int AddedBufferBytes = 256 << 10;

    // What comes before others get this thread: a fast upstream may never make it wait, and where it is the only one the readers,
    // the hash and everybody else would wait until the last byte has come. Some ten milliseconds; a turn for every MiB slowed it down.
    private const long YieldBytes = 4L << 20;

    private const long ProgressBytes = 32L << 20; // how much a killed process may have to fetch again, per connection

    private long _sinceProgress;
    private FetchFailure? _failure; // of the disk
    private volatile bool _hasBrought;

    /// <summary>Whether it has got as far as to bring something.</summary>
    public bool HasBrought => _hasBrought;

    /// <summary>Works until no byte is left to claim. A failure is told and the claim given up; others may go on.</summary>
    /// <param name="claim">What to bring first.</param>
    /// <param name="body">A connection that stands at the claim already, or null.</param>
    /// <param name="cancel">Ends the work.</param>
    public async Task<FetchFailure?> RunAsync(FillClaim claim, ResumingBody? body, CancellationToken cancel)
    {
        var held = claim;
        using var buffer = memory.Take(isPatient ? BufferBytes : AddedBufferBytes, fill.Length);
        try
        {
            while (true)
            {
                if (body is null || body.Position != held.Position || body.End < held.End)
                {
                    body?.Dispose();
                    body = ResumingBody.GoOnAt(open, held.Position, held.End, fill.Length, isPatient, time, metrics);
                }

                var (neglected, failed) = await BringAsync(held, body, buffer, cancel);
                if (failed is not null)
                {
                    return failed;
                }

                if ((neglected ?? (isWanted() ? fill.NextClaim(held) : null)) is not { } next)
                {
                    return null;
                }

                held = next;
            }
        }
        finally
        {
            fill.GiveUp(held);
            body?.Dispose();
        }
    }

    /// <summary>
    /// Brings a claim to its end, or gives it up at the end of a segment where a reader waits elsewhere and nobody else is free:
    /// then for the claim that this one waits for.
    /// </summary>
    /// <remarks>
    /// Bytes are gathered for as long as more are at hand, and written when the buffer is full or the next ones are yet to
    /// come: large writes where upstream is fast, and nobody waits for bytes that have arrived where it is slow.
    /// </remarks>
    private async Task<(FillClaim? Neglected, FetchFailure? Failure)> BringAsync(
        FillClaim claim, ResumingBody body, FetchBuffer buffer, CancellationToken cancel)
    {
        using var noMore = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        buffer.Wrote(isReading: false); // what another claim had no use for
        var turnAt = claim.Position + FillPlan.SegmentBytes;
        var yieldAt = claim.Position + YieldBytes;
        while (true)
        {
            var wantsMore = !buffer.Room.IsEmpty && buffer.Unwritten.Length < fill.LeftOf(claim);
            var reading = wantsMore ? body.ReadAsync(buffer.Room, noMore.Token) : default;
            if (!wantsMore || (!reading.IsCompleted && !buffer.Unwritten.IsEmpty))
            {
                if (!await WriteAsync(claim, buffer, isReading: wantsMore))
                {
                    await noMore.CancelAsync();
                    await ((Task)reading.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it has the buffer
                    return (null, _failure);
                }
            }

            if (!wantsMore)
            {
                if (claim.Position >= turnAt)
                {
                    turnAt = claim.Position + FillPlan.SegmentBytes;
                    if (fill.ClaimNeglected(claim) is { } neglected)
                    {
                        return (neglected, null);
                    }
                }

                if (claim.Position >= yieldAt)
                {
                    yieldAt = claim.Position + YieldBytes;
                    await Task.Yield();
                }

                continue;
            }

            var came = await reading;
            buffer.Came(came);
            if (came == 0)
            {
                return await WriteAsync(claim, buffer, isReading: false)
                    ? (null, body.Failure ?? new FetchFailure(FetchError.CutShort, "The registry ended a blob before its end."))
                    : (null, _failure);
            }
        }
    }

    /// <summary>Puts what has come into the file. False: the claim is done, or the fill is over, or the disk has failed.</summary>
    private async ValueTask<bool> WriteAsync(FillClaim claim, FetchBuffer buffer, bool isReading)
    {
        var fitting = (int)Math.Min(buffer.Unwritten.Length, fill.LeftOf(claim));
        try
        {
            await disk.WriteAsync(fill.File, buffer.Unwritten[..fitting], claim.Position);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            _failure = new FetchFailure(FetchError.Storage, $"The cache's disk failed: {failure.Message}");
            return false;
        }

        buffer.Wrote(isReading);
        var goesOn = fill.Arrived(claim, fitting);
        _hasBrought = true;
        NoteProgress(fitting);
        return goesOn;
    }

    private void NoteProgress(int bytes)
    {
        _sinceProgress += bytes;
        if (_sinceProgress >= ProgressBytes)
        {
            _sinceProgress = 0;
            progressed(fill);
        }
    }
}
