using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class ResumingBodyTests : IDisposable
{
    private const int AttemptsMax = 10;

    private readonly SampleBlob _blob = new(5000);
    private readonly ImpatientClock _clock = new();
    private readonly CacheMeasures _measures = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _measures.Dispose();

    [Fact]
    public async Task WholeBody_IsReadFromItsOffset()
    {
        var upstream = new FakeUpstream(_blob);

        var (read, failure) = await ReadAsync(upstream, offset: 1000);

        Assert.Null(failure);
        Assert.Equal(_blob.Bytes[1000..], read);
        Assert.Equal(4000, _measures.UpstreamBytes);
        Assert.Equal(0, _measures.Resumes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BodyCutTwice_IsResumedFromTheNextByte(bool breaks)
    {
        var upstream = new FakeUpstream(_blob, Cut(2000, breaks), Cut(4000, breaks));

        var (read, failure) = await ReadAsync(upstream);

        Assert.Null(failure);
        Assert.Equal(_blob.Bytes, read);
        Assert.Equal([0, 2000, 4000], upstream.Offsets);
        Assert.Equal(2, _measures.Resumes);
        Assert.Empty(_clock.Pauses); // each had brought something: no reason to wait
    }

    [Fact]
    public async Task RegistryThatStaysAway_IsAskedTenTimesWithLongerPauses()
    {
        var upstream = new FakeUpstream(_blob, Answers.CutAt(2000)) { Otherwise = Answers.Fails(FetchError.Unreachable) };

        var (read, failure) = await ReadAsync(upstream);

        Assert.Equal(_blob.Bytes[..2000], read);
        Assert.Equal(FetchError.Unreachable, failure?.Error);
        Assert.Equal([0, .. Enumerable.Repeat(2000L, AttemptsMax)], upstream.Offsets);
        Assert.InRange(_clock.Pauses.Length, 1, AttemptsMax - 1); // a pause may come out as nothing
        Assert.All(_clock.Pauses, static pause => Assert.InRange(pause, TimeSpan.Zero, TimeSpan.FromSeconds(8)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RegistryThatOpensAndBringsNothing_IsGivenUpToo(bool breaks)
    {
        var upstream = new FakeUpstream(_blob) { Otherwise = Cut(2000, breaks) };

        var (read, failure) = await ReadAsync(upstream);

        Assert.Equal(_blob.Bytes[..2000], read);
        Assert.Equal(FetchError.CutShort, failure?.Error);
        Assert.Equal(1 + AttemptsMax, upstream.Offsets.Length);
    }

    [Fact]
    public async Task Progress_GivesBackEveryAttempt()
    {
        Answer[] away = [.. Enumerable.Repeat(Answers.Fails(FetchError.Unreachable), AttemptsMax - 1)];
        var upstream = new FakeUpstream(_blob, [Answers.CutAt(1000), .. away, Answers.CutAt(2000), .. away]);

        var (read, failure) = await ReadAsync(upstream);

        Assert.Null(failure);
        Assert.Equal(_blob.Bytes, read);
    }

    [Fact]
    public async Task RetryAfter_IsWaitedFor()
    {
        var hint = TimeSpan.FromSeconds(3);
        var upstream = new FakeUpstream(_blob, Answers.CutAt(1000), Answers.Fails(FetchError.Throttled, hint));

        var (_, failure) = await ReadAsync(upstream);

        Assert.Null(failure);
        Assert.Contains(hint, _clock.Pauses);
    }

    [Fact]
    public async Task RetryAfterOfAnHour_IsCutToEightSeconds()
    {
        var upstream = new FakeUpstream(
            _blob, Answers.CutAt(1000), Answers.Fails(FetchError.Throttled, TimeSpan.FromHours(1)));

        var (_, failure) = await ReadAsync(upstream);

        Assert.Null(failure);
        Assert.Contains(TimeSpan.FromSeconds(8), _clock.Pauses);
    }

    [Fact]
    public async Task LengthThatChanges_IsABadAnswer()
    {
        var upstream = new FakeUpstream(_blob, Answers.CutAt(1000), Answers.WrongLength);

        var (read, failure) = await ReadAsync(upstream);

        Assert.Equal(FetchError.BadAnswer, failure?.Error);
        Assert.Equal(_blob.Bytes[..1000], read);
        Assert.Equal(2, upstream.Offsets.Length);
    }

    [Fact]
    public async Task FailureThatTimeDoesNotMend_IsReportedAtOnce()
    {
        var upstream = new FakeUpstream(_blob, Answers.CutAt(1000), Answers.Fails(FetchError.Refused));

        var (_, failure) = await ReadAsync(upstream);

        Assert.Equal(FetchError.Refused, failure?.Error);
        Assert.Equal([0, 1000], upstream.Offsets);
    }

    [Fact]
    public async Task FirstOpening_IsTriedOnce()
    {
        var upstream = new FakeUpstream(_blob, Answers.Fails(FetchError.Unreachable));

        var (_, failure) = await ResumingBody.OpenAsync(upstream.Open, 0, _clock, _measures.Metrics, Cancel);

        Assert.Equal(FetchError.Unreachable, failure?.Error);
        Assert.Single(upstream.Offsets);
    }

    [Fact]
    public async Task CancelledInAPause_Ends()
    {
        using var stop = new CancellationTokenSource();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(); // on which nothing is over unless somebody says so
        var upstream = new FakeUpstream(_blob, Answers.CutAt(1000))
        {
            Otherwise = Answers.Fails(FetchError.Throttled, TimeSpan.FromSeconds(5)),
        };
        var (body, _) = await ResumingBody.OpenAsync(upstream.Open, 0, clock, _measures.Metrics, Cancel);
        using var opened = body;
        Assert.Equal(1000, await body!.ReadAsync(new byte[2000], stop.Token));
        var read = body.ReadAsync(new byte[2000], stop.Token).AsTask();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
    }

    private static Answer Cut(long end, bool breaks) => breaks ? Answers.BrokenAt(end) : Answers.CutAt(end);

    private async Task<(byte[] Read, FetchFailure? Failure)> ReadAsync(FakeUpstream upstream, long offset = 0)
    {
        var (body, failure) = await ResumingBody.OpenAsync(upstream.Open, offset, _clock, _measures.Metrics, Cancel);
        Assert.Null(failure);
        using var opened = body!;
        var all = new MemoryStream();
        var buffer = new byte[700];
        while (await opened.ReadAsync(buffer, Cancel).AsTask().WaitAsync(Reading.Patience, Cancel) is > 0 and var read)
        {
            all.Write(buffer, 0, read);
        }

        return (all.ToArray(), opened.Failure);
    }
}
