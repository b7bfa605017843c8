using FastEcrProxy.Cache;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Cache;

/// <summary>How many connections whole fills use, on a clock that moves when all of them wait for it. Why, FetchWidthTests tell.</summary>
public sealed class FillWidthTests : IAsyncDisposable
{
    private const int BytesPerBeat = 200_000; // 20 MB/s

    private static readonly SampleBlob Blob = new(72_000_000);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly TempFolder _folder = new();
    private CacheParts _cache;

    public FillWidthTests() => _cache = new CacheParts(_folder, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task SlowConnections_AreEightAndHardlyAByteComesTwice()
    {
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat);

        await FillAsync(upstream);

        Assert.Equal(8, upstream.MostConnections);
        AssertHardlyAnyTwice();
        Assert.Equal(0, _cache.Fills.AddedConnections);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(60)]
    [InlineData(90)] // a second is what a store on another continent takes
    public async Task ConnectionsThatTakeLongToBegin_AreWaitedFor(int latencyBeats)
    {
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat) { LatencyBeats = latencyBeats };
        var began = _time.GetUtcNow();

        await FillAsync(upstream);

        Assert.Equal(8, upstream.MostConnections);
        var alone = Blob.Length / (double)BytesPerBeat * PacedUpstream.Beat;
        // Of the clock that the test moves, a beat or two too far where the machine is busy.
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.Zero, alone * 0.95);
    }

    [Fact]
    public async Task RefusalLongAgo_DoesNotKeepAReaderWaiting()
    {
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat / 10) { Refusals = 1 };
        using var first = await JoinAsync(upstream, 0);
        using var refused = await JoinAsync(upstream, 60_000_000);
        await TurnUntilAsync(upstream, refused.ReadableAsync(60_000_000, Cancel).AsTask());
        using var far = await JoinAsync(upstream, 40_000_000);
        var began = _time.GetUtcNow();

        await TurnUntilAsync(upstream, far.ReadableAsync(40_000_000, Cancel).AsTask());

        // A fetcher that is at work alone looks up once in 8 MiB only, which takes it four seconds.
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.True(upstream.MostConnections > 1);
    }

    [Fact]
    public async Task LineThatIsFull_LosesNextToNothingByTheTry()
    {
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat, lineBytesPerBeat: BytesPerBeat);

        await FillAsync(upstream);

        Assert.Equal(8, upstream.MostConnections);
        AssertHardlyAnyTwice();
    }

    [Fact]
    public async Task UpstreamThatSendsNoParts_HasOneConnection()
    {
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat) { TakesRanges = false };

        await FillAsync(upstream);

        Assert.Equal(1, upstream.MostConnections);
    }

    [Fact]
    public async Task UpstreamThatRefusesMore_IsLeftAtOne()
    {
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat) { Refusals = int.MaxValue };

        await FillAsync(upstream);

        Assert.Equal(1, upstream.MostConnections);
        Assert.Equal(Blob.Length, _cache.Measures.UpstreamBytes);
    }

    [Theory]
    [InlineData(1, 64, 1)]
    [InlineData(3, 64, 3)]
    [InlineData(8, 0, 1)]
    [InlineData(8, 2, 3)]
    public async Task Limits_OfOneFillAndOfAllTogether_AreKept(int each, int total, int most)
    {
        await _cache.DisposeAsync();
        var options = CacheParts.OptionsIn(_folder) with { FetchConnections = each, FetchConnectionsTotal = total };
        _cache = new CacheParts(options, _time);
        var upstream = new PacedUpstream(Blob, _time, BytesPerBeat);

        await FillAsync(upstream);

        Assert.Equal(most, upstream.MostConnections);
    }

    /// <summary>What was on its way when another took over the rest of a stretch.</summary>
    private void AssertHardlyAnyTwice() =>
        Assert.InRange(_cache.Measures.UpstreamBytes, Blob.Length, Blob.Length + (8 * BytesPerBeat));

    /// <summary>Moves the clock until the blob is published.</summary>
    private async Task FillAsync(PacedUpstream upstream)
    {
        var joined = _cache.Store.JoinOrStartAsync(Blob.Digest, 0, upstream.Open, Cancel).AsTask();
        var ended = _cache.Measures.NextEndAsync();
        await TurnUntilAsync(upstream, ended);

        using var bytes = (await joined).Value;
        Assert.Equal("published", await ended);
        Assert.Equal(Blob.Bytes, await Reading.AllAsync(bytes!));
    }

    private async Task<IBlobBytes> JoinAsync(PacedUpstream upstream, long offset)
    {
        var joined = _cache.Store.JoinOrStartAsync(Blob.Digest, offset, upstream.Open, Cancel).AsTask();
        await TurnUntilAsync(upstream, joined);
        return (await joined).Value!;
    }

    /// <summary>Moves the clock until something is done. It stands while nobody is connected: hash and disk have their own time.</summary>
    private async Task TurnUntilAsync(PacedUpstream upstream, Task done)
    {
        while (!done.IsCompleted)
        {
            if (upstream.IsConnected)
            {
                _time.Advance(PacedUpstream.Beat);
            }

            do
            {
                await Task.Delay(Pause, TimeProvider.System, Cancel); // who was woken is to have its turn
            }
            while (!upstream.IsQuiet && !done.IsCompleted);
        }
    }
}
