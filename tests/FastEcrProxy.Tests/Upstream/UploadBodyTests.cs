using System.IO.Pipelines;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

public sealed class UploadBodyTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _client = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly MemoryStream _registry = new();
    private readonly List<byte> _copied = [];
    private readonly CancellationTokenSource _late;

    public UploadBodyTests() => _late = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _late.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task Body_GoesThroughAndIsCopied(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        using var body = Body(length);
        await _client.Writer.WriteAsync(bytes, Cancel);
        await _client.Writer.CompleteAsync();

        await body.CopyToAsync(_registry, Cancel);

        Assert.Equal(bytes, _registry.ToArray());
        Assert.Equal(bytes, _copied);
        Assert.Equal((UploadEnd.Whole, length, length), (body.End, body.SentBytes, body.ReceivedBytes));
    }

    [Fact]
    public void Length_IsAnnouncedWhereTheClientDoes()
    {
        using var known = Body(5);
        using var unknown = Body(null);

        Assert.Equal(5, known.Headers.ContentLength);
        Assert.Null(unknown.Headers.ContentLength);
    }

    [Fact]
    public async Task Bytes_AreSentWhenTheyCome()
    {
        using var body = Body(null);
        var sending = body.CopyToAsync(_registry, Cancel);

        await _client.Writer.WriteAsync(new byte[] { 1 }, Cancel);
        while (_registry.Length < 1)
        {
            await Task.Yield();
        }

        Assert.False(sending.IsCompleted);
        await _client.Writer.CompleteAsync();
        await sending;
    }

    [Fact]
    public async Task TimeOutOfTheAnswer_DoesNotRunWhileBytesMove()
    {
        using var body = Body(null);
        body.Begin(_late);
        var sending = body.CopyToAsync(_registry, Cancel);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(_late.IsCancellationRequested);

        await _client.Writer.CompleteAsync();
        await sending;
        _time.Advance(UploadBody.AnswerPatience - TimeSpan.FromSeconds(1));
        Assert.False(_late.IsCancellationRequested);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(_late.IsCancellationRequested);
    }

    [Fact]
    public async Task SilentClient_EndsIt()
    {
        using var body = Body(5);
        var sending = body.CopyToAsync(_registry, Cancel);

        _time.Advance(Patience);

        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        Assert.Equal((UploadEnd.ClientStalled, "nothing came for 10 s"), (body.End, body.Trouble));
    }

    [Fact]
    public async Task RegistryThatBreaks_IsToBlame()
    {
        using var body = Body(5);
        await _client.Writer.WriteAsync(new byte[5], Cancel);

        await Assert.ThrowsAnyAsync<Exception>(() => body.CopyToAsync(new BrokenStream(), Cancel));

        Assert.Equal((UploadEnd.Broken, null), (body.End, body.Trouble));
    }

    [Fact]
    public async Task EarlyAnswer_EndsTheReadingAndFillsUpWhatWasPromised()
    {
        using var body = Body(1_000_000);
        await _client.Writer.WriteAsync(new byte[] { 1, 2, 3 }, Cancel);
        var sending = body.CopyToAsync(_registry, Cancel);
        while (_registry.Length < 3)
        {
            await Task.Yield();
        }

        body.RegistrySpoke(hasAnswer: true);
        await sending;

        Assert.Equal((UploadEnd.Answered, 3L), (body.End, body.SentBytes));
        Assert.Equal(1_000_000, _registry.Length); // the framework counts; EarlyAnswers lets none of it out
        Assert.True(body.IsAnswered);
    }

    [Fact]
    public async Task AnswerToAllOfIt_IsNotEarly()
    {
        using var body = Body(3);
        await _client.Writer.WriteAsync(new byte[] { 1, 2, 3 }, Cancel);
        await body.CopyToAsync(_registry, Cancel);

        body.RegistrySpoke(hasAnswer: true);

        Assert.Equal((UploadEnd.Whole, false), (body.End, body.IsAnswered));
    }

    private UploadBody Body(long? length) => new(_client.Reader, length, Patience, _time, bytes =>
    {
        _copied.AddRange(bytes.Span);
        return default;
    });

    /// <summary>A connection that takes nothing.</summary>
    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("broken pipe");
    }
}
