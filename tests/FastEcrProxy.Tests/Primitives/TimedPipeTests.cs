using System.IO.Pipelines;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Primitives;

public sealed class TimedPipeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _pipe = new();
    private readonly TimedPipe _timed;
    private readonly byte[] _into = new byte[4];

    public TimedPipeTests() => _timed = new TimedPipe(_pipe.Reader, Patience, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _timed.Dispose();

    [Fact]
    public async Task Bytes_ComeInOrderAndAsManyAsFit()
    {
        await _pipe.Writer.WriteAsync(new byte[] { 1, 2, 3, 4, 5 }, Cancel);
        await _pipe.Writer.CompleteAsync();

        Assert.Equal(4, await _timed.ReadAsync(_into));
        Assert.Equal([1, 2, 3, 4], _into);
        Assert.Equal(1, await _timed.ReadAsync(_into));
        Assert.Equal(5, _into[0]);
        Assert.Equal(0, await _timed.ReadAsync(_into));
        Assert.Equal(0, await _timed.ReadAsync(_into));
    }

    [Fact]
    public async Task Silence_EndsTheWait()
    {
        var reading = _timed.ReadAsync(_into).AsTask();
        _time.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(reading.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        var silence = await Assert.ThrowsAsync<TimeoutException>(() => reading);
        Assert.Equal("nothing came for 10 s", silence.Message);
    }

    [Fact]
    public async Task WhoSendsALittleNowAndThen_MayStay()
    {
        for (byte i = 0; i < 5; i++)
        {
            var reading = _timed.ReadAsync(_into).AsTask();
            _time.Advance(Patience - TimeSpan.FromSeconds(1));
            await _pipe.Writer.WriteAsync(new[] { i }, Cancel);

            Assert.Equal(1, await reading);
            Assert.Equal(i, _into[0]);
        }
    }

    [Fact]
    public async Task TimeBetweenReads_IsNotTheSilenceOfWhoFillsThePipe()
    {
        var reading = _timed.ReadAsync(_into).AsTask();
        await _pipe.Writer.WriteAsync(new byte[] { 1 }, Cancel);
        await reading;
        _time.Advance(Patience * 3);

        reading = _timed.ReadAsync(_into).AsTask();
        Assert.False(reading.IsCompleted);
        await _pipe.Writer.WriteAsync(new byte[] { 2 }, Cancel);

        Assert.Equal(1, await reading);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_EndsTheWaitAndAllLaterOnes(bool isWaiting)
    {
        var reading = isWaiting ? _timed.ReadAsync(_into).AsTask() : null;

        _timed.Stop();

        Assert.Equal(0, reading is null ? 0 : await reading);
        await _pipe.Writer.WriteAsync(new byte[] { 1 }, Cancel);
        Assert.Equal(0, await _timed.ReadAsync(_into));
    }

    [Fact]
    public async Task PipeThatWasStopped_CanBeReadToItsEndByItsOwner()
    {
        var reading = _timed.ReadAsync(_into).AsTask();
        _timed.Stop();
        await reading;
        await _pipe.Writer.WriteAsync(new byte[] { 1, 2 }, Cancel);
        await _pipe.Writer.CompleteAsync();

        var left = await _pipe.Reader.ReadAtLeastAsync(2, Cancel);

        Assert.Equal((2, true), (left.Buffer.Length, left.IsCompleted));
    }

    [Fact]
    public async Task OwnerWhoEndsThePipe_IsAnEndOfTheConnection()
    {
        await _pipe.Writer.CompleteAsync(new OperationCanceledException());

        await Assert.ThrowsAsync<IOException>(() => _timed.ReadAsync(_into).AsTask());
    }
}
