using System.IO.Pipelines;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

public sealed class UpstreamBodyTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _pipe = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silence_EndsInAnIoException()
    {
        using var body = Body(10);
        var reading = body.ReadAsync(new byte[10], Cancel).AsTask();
        _time.Advance(Idle - TimeSpan.FromSeconds(1));
        Assert.False(reading.IsCompleted);

        _time.Advance(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAsync<IOException>(() => reading);
    }

    [Fact]
    public async Task SlowButSteadyBody_IsNeverSilent()
    {
        using var body = Body(5);
        var buffer = new byte[10];
        for (var i = 0; i < 5; i++)
        {
            var reading = body.ReadAsync(buffer, Cancel).AsTask();
            _time.Advance(Idle - TimeSpan.FromSeconds(1));
            await _pipe.Writer.WriteAsync(new byte[1], Cancel);
            Assert.Equal(1, await reading);
        }

        Assert.Equal(0, await body.ReadAsync(buffer, Cancel));
    }

    [Fact]
    public async Task TimeBetweenReads_IsNotThePeersSilence()
    {
        using var body = Body(2);
        var first = body.ReadAsync(new byte[1], Cancel).AsTask();
        await _pipe.Writer.WriteAsync(new byte[2], Cancel);
        await first;

        _time.Advance(10 * Idle);

        Assert.Equal(1, await body.ReadAsync(new byte[1], Cancel));
    }

    [Fact]
    public async Task EarlyEnd_IsAnIoException()
    {
        using var body = Body(3);
        await _pipe.Writer.WriteAsync(new byte[2], Cancel);
        await _pipe.Writer.CompleteAsync();

        Assert.Equal(2, await body.ReadAsync(new byte[10], Cancel));
        await Assert.ThrowsAnyAsync<IOException>(() => body.ReadAsync(new byte[10], Cancel).AsTask());
    }

    [Fact]
    public async Task MoreThanPromised_IsNotRead()
    {
        using var body = Body(3);
        await _pipe.Writer.WriteAsync(new byte[5], Cancel);

        Assert.Equal(3, await body.ReadAsync(new byte[10], Cancel));
        Assert.Equal(0, await body.ReadAsync(new byte[10], Cancel));
    }

    [Fact]
    public async Task UnknownLength_EndsWhereTheBodyEnds()
    {
        using var body = Body(null);
        await _pipe.Writer.WriteAsync(new byte[2], Cancel);
        await _pipe.Writer.CompleteAsync();

        Assert.Equal(2, await body.ReadAsync(new byte[10], Cancel));
        Assert.Equal(0, await body.ReadAsync(new byte[10], Cancel));
    }

    [Fact]
    public async Task CallersCancellation_IsNoIoException()
    {
        using var body = Body(3);
        using var leave = new CancellationTokenSource();
        var reading = body.ReadAsync(new byte[3], leave.Token).AsTask();

        await leave.CancelAsync();

        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        Assert.Equal(leave.Token, cancelled.CancellationToken);
    }

    [Theory]
    [InlineData(typeof(HttpRequestException))]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(HttpIOException))]
    public async Task EveryNetworkException_IsAnIoException(Type type)
    {
        Exception broken = type == typeof(HttpRequestException) ? new HttpRequestException()
            : type == typeof(HttpIOException) ? new HttpIOException(HttpRequestError.ResponseEnded)
            : new ObjectDisposedException("connection");
        using var body = Body(3);
        await _pipe.Writer.CompleteAsync(broken);

        await Assert.ThrowsAnyAsync<IOException>(() => body.ReadAsync(new byte[3], Cancel).AsTask());
    }

    private UpstreamBody Body(long? length) => new(_pipe.Reader.AsStream(), length, Idle, _time);
}
