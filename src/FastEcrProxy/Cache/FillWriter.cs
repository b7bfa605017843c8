using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

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
/// <param name="slots">Where those beyond the first come from.</param>
/// <param name="memory">Where the buffers of all of them come from.</param>
/// <param name="disk">Takes the bytes, and gives back what an earlier fill has left.</param>
/// <param name="time">For the pauses between attempts, and for the rates.</param>
/// <param name="metrics">Told of bytes and resumes.</param>
internal sealed class FillWriter(
    BlobFill fill, Digest digest, OpenBlob open, PartialFiles partials, int connectionsMax, FetchSlots slots,
    FetchMemory memory, Disk disk, TimeProvider time, ProxyMetrics metrics)
{
    public static readonly FetchFailure Stopping = new(FetchError.Stopping, "The proxy is stopping; ask again in a moment.");

    // How often the fetchers are looked at. Ten times a second: FillPlan counts in these looks.
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly List<(Fetcher Fetcher, Task<FetchFailure?> Ended)> _fetchers = [];
    private FetchWidth _width = new(1, time);
    private int _active = 1; // fetchers at work, the first always counted
    private bool _patientOneFailed;

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
        var hash = Task.Run(() => FillHash.IsRightAsync(fill, digest, disk, ended.Token), CancellationToken.None);
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
            await Task.WhenAll([hash, .. _fetchers.Select(static f => f.Ended)]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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

        _width = new FetchWidth(body.TakesRanges ? connectionsMax : 1, time);
        AddPatient(claim, body, cancel);
    }

    /// <summary>
    /// Adds fetchers where readers wait far from the ones at work, and where more bring the blob sooner, until none is at
    /// work. Null: every byte is there.
    /// </summary>
    private async Task<FetchFailure?> SuperviseAsync(CancellationToken cancel)
    {
        FetchFailure? failure = null;
        using var beat = new PeriodicTimer(Beat, time);
        Task next = beat.WaitForNextTickAsync(CancellationToken.None).AsTask();
        while (fill is { IsWhole: false, Current: BlobFill.State.Filling })
        {
            if (_fetchers.Count == 0)
            {
                if (_patientOneFailed || fill.NextClaim() is not { } rest)
                {
                    break;
                }

                AddPatient(rest, null, cancel); // those that were added have given up something after the first was through
            }

            var neglected = fill.Neglected; // before the look, so that a reader who comes in between is not missed
            var moreAreWorthIt = (fill.IsRead && _fetchers.Count < _width.Wanted)
                || (!_width.WasJustRefused && fill.HasNeglectedReader());
            if (moreAreWorthIt && TryAdd(cancel))
            {
                continue;
            }

            await Task.WhenAny([neglected, next, .. _fetchers.Select(static f => f.Ended)]);
            foreach (var done in _fetchers.Where(static f => f.Ended.IsCompleted).ToList())
            {
                _fetchers.Remove(done);
                if (await done.Ended is { } failed)
                {
                    failure = failed;
                    _width.Refused();
                    fill.ShareAmong(_width.Wanted);
                }
            }

            if (next.IsCompleted)
            {
                Look();
                next = beat.WaitForNextTickAsync(CancellationToken.None).AsTask();
            }
        }

        return fill.IsWhole
            ? null
            : fill.Failure ?? failure ?? new FetchFailure(FetchError.CutShort, "The registry ended a blob before its end.");
    }

    /// <summary>How the fetchers get on, and whether there should be more of them.</summary>
    private void Look()
    {
        fill.Look();
        if (!fill.IsRead)
        {
            return; // nobody waits: what is fetched ahead takes no connection from what is waited for
        }

        var before = _width.Wanted;
        _width.Measure(fill.PresentBytes, fill.Length, _fetchers.Count, _fetchers.All(static f => f.Fetcher.HasBrought));
        if (_width.Wanted != before)
        {
            fill.ShareAmong(_width.Wanted);
        }
    }

    private void AddPatient(FillClaim claim, ResumingBody? body, CancellationToken cancel)
    {
        var fetcher = new Fetcher(fill, open, isPatient: true, static () => true, SaveProgress, memory, disk, time, metrics);
        _fetchers.Add((fetcher, Task.Run(() => RunPatientAsync(fetcher, claim, body, cancel), CancellationToken.None)));
    }

    private async Task<FetchFailure?> RunPatientAsync(Fetcher fetcher, FillClaim claim, ResumingBody? body, CancellationToken cancel)
    {
        var failed = await fetcher.RunAsync(claim, body, cancel);
        _patientOneFailed |= failed is not null;
        return failed;
    }

    private bool TryAdd(CancellationToken cancel)
    {
        if (_fetchers.Count >= connectionsMax || !slots.TryTake())
        {
            return false;
        }

        // Those beyond what the blob is worth are for readers who wait elsewhere, and for nothing else.
        if ((_fetchers.Count < _width.Wanted ? fill.NextClaim() : fill.ClaimNeglected()) is not { } claim)
        {
            slots.Release();
            return false;
        }

        Interlocked.Increment(ref _active);
        var fetcher = new Fetcher(fill, open, isPatient: false, IsAddedOneWanted, SaveProgress, memory, disk, time, metrics);
        _fetchers.Add((fetcher, Task.Run(() => RunAddedAsync(fetcher, claim, cancel), CancellationToken.None)));
        return true;
    }

    private async Task<FetchFailure?> RunAddedAsync(Fetcher fetcher, FillClaim claim, CancellationToken cancel)
    {
        try
        {
            return await fetcher.RunAsync(claim, null, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _active);
            slots.Release();
        }
    }

    /// <summary>Asked by each that was added when it is through with a claim: the last to ask of those too many goes.</summary>
    private bool IsAddedOneWanted() => Volatile.Read(ref _active) <= _width.Wanted || fill.HasNeglectedReader();

    private void SaveProgress(BlobFill progressed) => partials.Save(digest, progressed.Length, progressed.Present);
}
