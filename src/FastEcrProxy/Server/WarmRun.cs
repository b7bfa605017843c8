using System.Collections.Concurrent;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Server;

/// <summary>
/// Fills a cache with images: asks for their manifests, brings what is missing of what these name, several blobs at a time, and
/// looks at the end whether all of it is there.
/// </summary>
/// <param name="plan">What is wanted.</param>
/// <param name="target">The cache. Stays the caller's.</param>
/// <param name="time">The clock of all pauses.</param>
internal sealed class WarmRun(WarmPlan plan, IWarmTarget target, TimeProvider time) : IDisposable
{
    private const int ImagesAtATime = 4; // while the last layers of one come, the next one's manifests do
    private const int LooksAtATime = 8; // at the end, each a short question
    private const int TriesMax = 4; // beyond those that are made below; a proxy that restarts is survived

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30); // a registry may ask for as much

    // A blob is stored a moment after its last byte has come: the disk has it to be told to keep it.
    private static readonly TimeSpan StoredWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _places = new(plan.AtATime);
    private readonly ConcurrentDictionary<Digest, Task<Fetched<WarmedBlob>>> _blobs = new(); // images share most of theirs
    private readonly ConcurrentDictionary<WarmedImage, IReadOnlyList<Descriptor>> _wanted = new();

    /// <summary>In the order in which they were named.</summary>
    public IReadOnlyList<WarmedImage> Images { get; } = [.. plan.Images.Select(static image => new WarmedImage(image))];

    /// <summary>Brings what is missing.</summary>
    /// <param name="ended">Told of each image when nothing more is done about it.</param>
    /// <param name="cancel">Ends it with an exception; what has come is kept.</param>
    public async Task<WarmSummary> RunAsync(Action<WarmedImage> ended, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        await Parallel.ForEachAsync(Images, Options(ImagesAtATime, cancel), async (image, stop) =>
        {
            await WarmAsync(image, stop);
            image.End();
            ended(image);
        });
        var brought = time.GetTimestamp();
        await Parallel.ForEachAsync(
            Images.Where(static image => image.Failure is null), Options(LooksAtATime, cancel),
            (image, stop) => LookAsync(image, brought, stop));
        return Summary(time.GetElapsedTime(began));
    }

    /// <summary>What has come of it so far.</summary>
    public WarmSummary Summary(TimeSpan elapsed)
    {
        var whole = Images.Where(static image => image is { IsOver: true, Failure: null }).ToList();
        var blobs = _blobs.Values.Where(static blob => blob.IsCompletedSuccessfully && blob.Result.Value is not null).ToList();
        var fetched = blobs.Sum(static blob => blob.Result.Value!.FetchedBytes);
        return new WarmSummary(
            whole.Count, blobs.Count, fetched, blobs.Sum(static blob => blob.Result.Value!.Length) - fetched, elapsed,
            [.. Images.Select(static image => image.Failure).OfType<string>()]);
    }

    public void Dispose() => _places.Dispose();

    private static ParallelOptions Options(int atATime, CancellationToken cancel) =>
        new() { MaxDegreeOfParallelism = atATime, CancellationToken = cancel };

    private async Task WarmAsync(WarmedImage image, CancellationToken cancel)
    {
        var blobs = await new WarmManifests(plan.Platforms, (reference, stop) =>
            PatientlyAsync(s => target.GetManifestAsync(image.Image, reference, s), stop)).FindAsync(image, cancel);
        _wanted[image] = blobs;
        image.Begin(blobs.Count, blobs.Sum(static blob => blob.Size ?? 0));
        await Task.WhenAll(blobs.Select(blob => BringAsync(image, blob, cancel)));
    }

    private async Task BringAsync(WarmedImage image, Descriptor blob, CancellationToken cancel)
    {
        var mine = new TaskCompletionSource<Fetched<WarmedBlob>>(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _blobs.GetOrAdd(blob.Digest, mine.Task);
        if (first != mine.Task)
        {
            // Another image has it, too. What fails there may be had here: another repository, with other rights.
            var (theirs, _) = await first.WaitAsync(cancel);
            if (theirs is not null)
            {
                image.Arrived(theirs.Length);
                return;
            }
        }

        try
        {
            mine.SetResult(await BringNowAsync(image, blob, cancel));
            _blobs[blob.Digest] = mine.Task;
        }
        catch
        {
            mine.TrySetCanceled(CancellationToken.None); // nobody waits for ever
            throw;
        }
    }

    private async Task<Fetched<WarmedBlob>> BringNowAsync(WarmedImage image, Descriptor blob, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        try
        {
            var wasThere = await target.HasAsync(image.Image, blob, cancel);
            if (wasThere && !plan.Rereads && blob.Size is { } size)
            {
                image.Arrived(size);
                return new WarmedBlob(size, 0);
            }

            var (brought, failure) = await PatientlyAsync(stop => FetchAsync(image, blob, stop), cancel);
            if (brought is null)
            {
                image.Fail(failure!.Reason);
                return failure;
            }

            brought = wasThere ? brought with { FetchedBytes = 0 } : brought;
            image.Fetched(brought.FetchedBytes);
            return brought;
        }
        finally
        {
            _places.Release();
        }
    }

    /// <summary>Once. What has come of one that fails counts no longer.</summary>
    private async ValueTask<Fetched<WarmedBlob>> FetchAsync(WarmedImage image, Descriptor blob, CancellationToken cancel)
    {
        long came = 0;
        var fetched = await target.FetchAsync(
            image.Image, blob,
            bytes =>
            {
                came += bytes;
                image.Arrived(bytes);
            },
            cancel);
        if (fetched.Failure is not { } failure)
        {
            return fetched;
        }

        image.Arrived(-came);
        return came > 0 && failure.Error.IsTransient
            ? failure with { Error = FetchError.BadAnswer } // whoever brings a body does not give up in its middle lightly
            : failure;
    }

    /// <summary>Asks again where that may help. Wrong bytes may be right the next time, too: they are not kept.</summary>
    private async ValueTask<Fetched<T>> PatientlyAsync<T>(Func<CancellationToken, ValueTask<Fetched<T>>> ask, CancellationToken cancel)
        where T : class
    {
        for (var tries = 1; ; tries++)
        {
            var fetched = await ask(cancel);
            if (fetched.Failure is not { } failure || tries == TriesMax
                || !(failure.Error.IsTransient || (failure.Error is FetchError.DigestMismatch && tries == 1)))
            {
                return fetched;
            }

            var pause = failure.RetryAfter ?? Backoff.Delay(tries, FirstPause, LongestPause, Random.Shared.NextDouble());
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancel);
        }
    }

    /// <summary>Whether the cache has kept all of it: it may be too small, or its disk may have failed.</summary>
    private async ValueTask LookAsync(WarmedImage image, long brought, CancellationToken cancel)
    {
        foreach (var blob in _wanted[image])
        {
            while (!await target.HasAsync(image.Image, blob, cancel))
            {
                if (time.GetElapsedTime(brought) >= StoredWithin)
                {
                    image.Fail($"{blob.Digest} was brought, but is not in the cache: it is too small for all, or its disk has failed.");
                    return;
                }

                await Task.Delay(LookAgainAfter, time, cancel);
            }
        }
    }
}
