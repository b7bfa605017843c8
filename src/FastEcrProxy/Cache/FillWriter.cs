using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>
/// Runs one fill from its first request upstream to its verdict. Belongs to no client: it ends when the blob does, or at
/// shutdown.
/// </summary>
/// <remarks>It makes the decisions; <see cref="Fetcher"/> and <see cref="FillHash"/> do the work and report.</remarks>
/// <param name="fill">Whose state it moves. However this ends, the fill is over afterwards: no reader waits for ever.</param>
/// <param name="digest">What the blob must be.</param>
/// <param name="open">Opens upstream.</param>
/// <param name="partials">Where the bytes go.</param>
/// <param name="connectionsMax">Most fetchers at the same time.</param>
/// <param name="time">For the pauses between attempts.</param>
/// <param name="metrics">Told of bytes and resumes.</param>
internal sealed class FillWriter(
    BlobFill fill, Digest digest, OpenBlob open, PartialFiles partials, int connectionsMax, TimeProvider time, ProxyMetrics metrics)
{
    public static readonly FetchFailure Stopping = new(FetchError.Stopping, "The proxy is stopping; ask again in a moment.");

    private readonly List<Task<FetchFailure?>> _fetchers = [];

    /// <summary>Null: every byte is there, verified, and stands in the partial file, ready to be published.</summary>
    /// <param name="firstOffset">Where the client that caused the fill begins to read; below zero where that depends on
    /// the length.</param>
    /// <param name="shutdown">Ends the fill; what has arrived is kept.</param>
    public async Task<FetchFailure?> RunAsync(long firstOffset, CancellationToken shutdown)
    {
        FetchFailure? verdict = null;
        try
        {
            verdict = await FillAsync(Math.Max(0, firstOffset), shutdown);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            verdict = Stopping;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            verdict = new FetchFailure(FetchError.Storage, $"The cache's disk failed: {failure.Message}");
        }
        catch (Exception failure)
        {
            verdict = new FetchFailure(FetchError.BadAnswer, $"The download broke: {failure.Message}");
            throw;
        }
        finally
        {
            if (verdict is null)
            {
                fill.Verify();
            }
            else
            {
                fill.Fail(verdict);
            }
        }

        return verdict;
    }

    private async Task<FetchFailure?> FillAsync(long firstOffset, CancellationToken shutdown)
    {
        var (body, failure) = await OpenFillAsync(firstOffset, shutdown);
        if (failure is not null)
        {
            return failure;
        }

        // However the fetchers end, nobody may still write or read the file when it is closed or published.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(shutdown);
        var hash = Task.Run(() => FillHash.IsRightAsync(fill, digest, ended.Token), CancellationToken.None);
        try
        {
            StartFirst(body!, ended.Token);
            failure = await SuperviseAsync(ended.Token);
            if (failure is not null)
            {
                return failure;
            }

            return await hash
                ? null
                : new FetchFailure(FetchError.DigestMismatch, $"The registry's bytes are not {digest}; they were thrown away.");
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll([hash, .. _fetchers]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Learns the length from upstream and makes the file, or takes the one that was kept of an earlier fill.</summary>
    /// <remarks>
    /// Upstream is asked first, whatever was kept: only its answer says that the repository of this caller has the blob.
    /// </remarks>
    private async Task<(ResumingBody? Body, FetchFailure? Failure)> OpenFillAsync(long firstOffset, CancellationToken shutdown)
    {
        var partial = partials.TryResume(digest);
        ResumingBody? body = null;
        try
        {
            (body, var failure) = await OpenUpstreamAsync(partial?.FirstAbsent(firstOffset) ?? firstOffset, shutdown);
            if (body is null)
            {
                return (null, failure);
            }
        }
        finally
        {
            if (body is null && partial is not null)
            {
                partials.PutBack(digest, partial);
            }
        }

        if (partial is not null && partial.Length != body.TotalBytes)
        {
            partial.File.Dispose();
            partials.Discard(digest, partial.Length);
            partial = null;
        }

        if (partial is null)
        {
            (partial, var refused) = partials.Create(digest, body.TotalBytes);
            if (partial is null)
            {
                body.Dispose();
                return (null, refused);
            }
        }

        fill.Open(partial.File, partial.Length, partial.Present);
        return (body, null);
    }

    private async Task<Fetched<ResumingBody>> OpenUpstreamAsync(long offset, CancellationToken shutdown)
    {
        var opened = await ResumingBody.OpenAsync(open, offset, time, metrics, shutdown);
        return opened.Failure?.Error is FetchError.OutOfRange && offset > 0
            // This client's offset lies past the end; the blob is there all the same, and the client is told by its length.
            ? await ResumingBody.OpenAsync(open, 0, time, metrics, shutdown)
            : opened;
    }

    private void StartFirst(ResumingBody body, CancellationToken cancel)
    {
        if (fill.ClaimAt(body.Position) is not { } claim)
        {
            body.Dispose(); // an empty blob, or one of which everything was kept
            return;
        }

        Start(claim, body, cancel);
    }

    /// <summary>Adds fetchers where readers wait far from the ones at work, until none is at work. Null: every byte is there.</summary>
    private async Task<FetchFailure?> SuperviseAsync(CancellationToken cancel)
    {
        FetchFailure? failure = null;
        while (_fetchers.Count > 0)
        {
            var neglected = fill.Neglected; // before the look, so that a reader who comes in between is not missed
            if (_fetchers.Count < connectionsMax && failure is null && fill.HasNeglectedReader() && fill.NextClaim() is { } claim)
            {
                Start(claim, null, cancel);
                continue;
            }

            await Task.WhenAny([neglected, .. _fetchers]);
            foreach (var done in _fetchers.Where(static f => f.IsCompleted).ToList())
            {
                _fetchers.Remove(done);
                failure = await done ?? failure;
            }
        }

        return fill.IsWhole ? null : failure ?? new FetchFailure(FetchError.CutShort, "The registry ended a blob before its end.");
    }

    private void Start(FillClaim claim, ResumingBody? body, CancellationToken cancel)
    {
        var fetcher = new Fetcher(fill, open, SaveProgress, time, metrics);
        _fetchers.Add(Task.Run(() => fetcher.RunAsync(claim, body, cancel), CancellationToken.None));
    }

    private void SaveProgress(BlobFill progressed) => partials.Save(digest, progressed.Length, progressed.Present);
}
