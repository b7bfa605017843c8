using FastEcrProxy.Oci;
using FastEcrProxy.Server;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Server;

public sealed class WarmRunTests
{
    private readonly FakeWarmTarget _cache = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MissingBlobs_AreBroughtAndTheOthersAreNot()
    {
        var blobs = Image("app", "1", 100, 200, 300);
        _cache.Cached[blobs[1]] = 200;

        var (run, summary) = await RunAsync("app:1");

        Assert.Equal([blobs[0], blobs[2]], _cache.Fetched.OrderBy(digest => Array.IndexOf(blobs, digest)));
        Assert.Equal((1, 3, 400L, 200L), (summary.Images, summary.Blobs, summary.FetchedBytes, summary.PresentBytes));
        Assert.Empty(summary.Failures);
        Assert.Equal((600L, 600L, 400L), (run.Images[0].TotalBytes, run.Images[0].DoneBytes, run.Images[0].FetchedBytes));
        Assert.Equal("1 image, 3 configs and layers: 400 bytes fetched, 200 bytes were there, in 0", summary.ToString());
    }

    [Fact]
    public async Task BlobsOfSeveralImages_AreBroughtOnce()
    {
        var blobs = Image("app", "1", 100, 200);
        var shared = string.Join(',', blobs.Select(blob => Named(blob, Array.IndexOf(blobs, blob) == 0 ? 100 : 200)));
        _cache.PutManifest("other", "1", $$"""{"layers":[{{shared}}]}""");

        var (run, summary) = await RunAsync("app:1", "other:1");

        Assert.Equal(2, _cache.Fetched.Count);
        Assert.Equal((2, 2, 300L, 0L), (summary.Images, summary.Blobs, summary.FetchedBytes, summary.PresentBytes));
        Assert.All(run.Images, image => Assert.Equal(300, image.DoneBytes));
    }

    [Theory]
    [InlineData("linux/amd64", "amd64")]
    [InlineData("linux/arm64", "arm64")]
    [InlineData("linux/amd64 linux/arm64", "amd64 arm64")]
    [InlineData("", "amd64 arm64 unknown")]
    public async Task OfAnIndex_ThePlatformsAreBroughtThatAreWanted(string platforms, string expected)
    {
        var (amd, arm, unknown) = (Image("app", "a", 10), Image("app", "b", 20), Image("app", "c", 30));
        Index("app", "1", ("a", "linux", "amd64"), ("b", "linux", "arm64"), ("c", "unknown", "unknown"));
        var wanted = platforms.Split(' ', StringSplitOptions.RemoveEmptyEntries);

        var summary = (await RunAsync(new WarmOptions
        {
            Images = ["app:1"], Platforms = wanted, AllPlatforms = wanted.Length == 0,
        })).Summary;

        Assert.Empty(summary.Failures);
        Dictionary<string, Digest> names = new() { ["amd64"] = amd[0], ["arm64"] = arm[0], ["unknown"] = unknown[0] };
        Assert.Equal(expected.Split(' ').Select(name => names[name]).ToHashSet(), _cache.Fetched.ToHashSet());
    }

    [Fact]
    public async Task PlatformThatThereIsNot_IsAFailureOfTheImage()
    {
        Image("app", "a", 10);
        Index("app", "1", ("a", "linux", "amd64"));

        var summary = (await RunAsync(new WarmOptions { Images = ["app:1"], Platforms = ["linux/s390x", "linux/amd64"] })).Summary;

        Assert.Equal("app:1: there is none for linux/s390x; there is linux/amd64.", Assert.Single(summary.Failures));
        Assert.Single(_cache.Fetched); // what there is is brought all the same
        Assert.Equal(0, summary.Images);
    }

    [Fact]
    public async Task ImageThatThereIsNot_DoesNotStopTheOthers()
    {
        Image("app", "1", 10);

        var summary = (await RunAsync("nope", "app:1")).Summary;

        Assert.Equal("nope: There is no nope:latest.", Assert.Single(summary.Failures));
        Assert.Equal(1, summary.Images);
    }

    [Theory]
    [InlineData(FetchError.Unreachable, 3, true)]
    [InlineData(FetchError.Unreachable, 4, false)]
    [InlineData(FetchError.Throttled, 3, true)]
    [InlineData(FetchError.DigestMismatch, 1, true)]
    [InlineData(FetchError.DigestMismatch, 2, false)]
    [InlineData(FetchError.NotFound, 1, false)]
    [InlineData(FetchError.Refused, 1, false)]
    internal async Task BlobThatFails_IsTriedAgainWhereThatMayHelp(FetchError error, int times, bool isWell)
    {
        Image("app", "1", 100);
        for (var n = 0; n < times; n++)
        {
            _cache.Failures.Enqueue(new FetchFailure(error, "No.") { RetryAfter = TimeSpan.FromSeconds(1) });
        }

        var (run, summary) = await RunAsync("app:1");

        Assert.Equal(isWell ? [] : ["app:1: No."], summary.Failures);
        Assert.Equal(isWell ? 100 : 0, run.Images[0].DoneBytes);
    }

    [Fact]
    public async Task BlobThatBreaksOffInItsMiddle_HasBeenTriedPatientlyAlready()
    {
        Image("app", "1", 100);
        _cache.FailsInTheMiddle = true;
        _cache.Failures.Enqueue(new FetchFailure(FetchError.CutShort, "No."));

        var (run, summary) = await RunAsync("app:1");

        Assert.Equal(["app:1: No."], summary.Failures);
        Assert.Single(_cache.Fetched);
        Assert.Equal(0, run.Images[0].DoneBytes);
    }

    [Fact]
    public async Task ManyBlobsThatFail_AreOneSentence()
    {
        Image("app", "1", 100, 200, 300);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            _cache.Failures.Enqueue(new FetchFailure(FetchError.NotFound, "No."));
        }

        var summary = (await RunAsync("app:1")).Summary;

        Assert.Equal("app:1: No. (2 more of its parts failed.)", Assert.Single(summary.Failures));
    }

    [Fact]
    public async Task BlobThatTheCacheDoesNotKeep_IsAFailure()
    {
        var blobs = Image("app", "1", 100, 200);
        _cache.Lost.Add(blobs[1]);

        var summary = (await RunAsync("app:1")).Summary;

        Assert.Contains($"{blobs[1]} was brought, but is not in the cache", Assert.Single(summary.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rereading_ReadsWhatIsThereAndCountsItAsThere()
    {
        var blobs = Image("app", "1", 100);
        _cache.Cached[blobs[0]] = 100;

        var summary = (await RunAsync(new WarmOptions { Images = ["app:1"], Rereads = true })).Summary;

        Assert.Equal(blobs, _cache.Fetched);
        Assert.Equal((0L, 100L), (summary.FetchedBytes, summary.PresentBytes));
    }

    [Fact]
    public async Task Blobs_AreFetchedAFewAtATime()
    {
        Image("app", "1", [.. Enumerable.Range(1, 20).Select(n => 100 + n)]);
        var gate = new TaskCompletionSource();
        _cache.Gate = gate.Task;

        var running = RunAsync(new WarmOptions { Images = ["app:1"], AtATime = 3 });
        while (_cache.MostAtATime < 3)
        {
            await Task.Yield();
        }

        gate.SetResult();
        Assert.Equal(20, (await running).Summary.Blobs);
        Assert.Equal(3, _cache.MostAtATime);
    }

    [Fact]
    public async Task StoppedRun_TellsWhatCameOfItSoFar()
    {
        Image("app", "1", 100);
        _cache.Gate = new TaskCompletionSource().Task;
        var (plan, _) = WarmPlan.Read(new WarmOptions { Images = ["app:1"] });
        using var run = new WarmRun(plan!, _cache, new ImpatientClock());
        using var stop = new CancellationTokenSource();

        var running = run.RunAsync(static _ => { }, stop.Token);
        while (_cache.Fetched.IsEmpty)
        {
            await Task.Yield();
        }

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal((0, 0), (run.Summary(TimeSpan.Zero).Images, run.Summary(TimeSpan.Zero).Blobs));
    }

    private static string Named(Digest digest, int size) => $$"""{"digest":"{{digest}}","size":{{size}} }""";

    private Digest[] Image(string repository, string tag, params int[] sizes)
    {
        Digest[] blobs = [.. sizes.Select(size => Digest.Of(BitConverter.GetBytes(size)))];
        var layers = string.Join(',', blobs.Select((blob, n) => Named(blob, sizes[n])));
        _cache.PutManifest(repository, tag, $$"""{"layers":[{{layers}}]}""");
        return blobs;
    }

    private void Index(string repository, string tag, params (string Tag, string Os, string Architecture)[] entries)
    {
        var named = entries.Select(entry =>
        {
            var digest = _cache.DigestOf(repository, entry.Tag);
            return $$"""{"digest":"{{digest}}","size":5,"platform":{"os":"{{entry.Os}}","architecture":"{{entry.Architecture}}"} }""";
        });
        _cache.PutManifest(repository, tag, $$"""{"manifests":[{{string.Join(',', named)}}]}""");
    }

    private Task<(WarmRun Run, WarmSummary Summary)> RunAsync(params string[] images) => RunAsync(new WarmOptions { Images = images });

    private async Task<(WarmRun Run, WarmSummary Summary)> RunAsync(WarmOptions options)
    {
        var (plan, problems) = WarmPlan.Read(options);
        Assert.Empty(problems);
        using var run = new WarmRun(plan!, _cache, new ImpatientClock());
        var ended = new List<string>();
        var summary = await run.RunAsync(
            image =>
            {
                lock (ended)
                {
                    ended.Add(image.Name);
                }
            },
            Cancel);
        Assert.Equal(run.Images.Select(image => image.Name).Order(), ended.Order());
        return (run, summary);
    }
}
