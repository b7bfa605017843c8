using System.Buffers;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>One connection's worth of work on a fill: takes a claim, brings its bytes, takes the next, until none is left.</summary>
internal sealed class Fetcher(BlobFill fill, OpenBlob open, Action<BlobFill> progressed, TimeProvider time, ProxyMetrics metrics)
{
    private const int BufferBytes = 256 * 1024; // a write costs less than its system call from about here on
    private const long ProgressBytes = 32L << 20; // how much a killed process may have to fetch again, per connection

    private long _sinceProgress;

    /// <summary>Works until no byte is left to claim. A failure is told and the claim given up; others may go on.</summary>
    /// <param name="claim">What to bring first.</param>
    /// <param name="body">A connection that stands at the claim already, or null.</param>
    /// <param name="cancel">Ends the work.</param>
    public async Task<FetchFailure?> RunAsync(FillClaim claim, ResumingBody? body, CancellationToken cancel)
    {
        var held = claim;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (true)
            {
                if (body?.Position != held.Position)
                {
                    body?.Dispose();
                    body = ResumingBody.GoOnAt(open, held.Position, fill.Length, time, metrics);
                }

                if (await BringAsync(held, body, buffer, cancel) is { } failed)
                {
                    return failed;
                }

                if (fill.NextClaim(held) is not { } next)
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
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Brings a claim to its end, or to where a reader waits elsewhere and nobody else is free.</summary>
    private async Task<FetchFailure?> BringAsync(FillClaim claim, ResumingBody body, byte[] buffer, CancellationToken cancel)
    {
        long brought = 0;
        while (await body.ReadAsync(buffer.AsMemory(0, BufferBytes), cancel) is > 0 and var read)
        {
            var fitting = fill.Fitting(claim, read);
            try
            {
                RandomAccess.Write(fill.File, buffer.AsSpan(0, fitting), claim.Position);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                return new FetchFailure(FetchError.Storage, $"The cache's disk failed: {failure.Message}");
            }

            if (!fill.Arrived(claim, fitting))
            {
                return null;
            }

            NoteProgress(fitting);
            brought += fitting;
            if (brought >= FillPlan.SegmentBytes)
            {
                if (fill.HasNeglectedReader())
                {
                    return null;
                }

                brought = 0;
            }
        }

        return body.Failure ?? new FetchFailure(FetchError.CutShort, "The registry ended a blob before its end.");
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
