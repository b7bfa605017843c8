using System.IO.Pipelines;
using System.Text;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

public sealed class EarlyAnswersTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Pipe _client = new();
    private readonly Wire _wire = new();
    private readonly CancellationTokenSource _late = new();
    private readonly EarlyAnswers _connection;
    private readonly UploadBody _body;
    private readonly byte[] _into = new byte[64];

    public EarlyAnswersTests()
    {
        _connection = new EarlyAnswers(_wire);
        _body = new UploadBody(_client.Reader, 100, TimeSpan.FromMinutes(1), _time);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _body.Dispose();
        _connection.Dispose();
        _late.Dispose();
    }

    [Fact]
    public async Task WithoutABody_ItIsAConnectionLikeAnyOther()
    {
        await _connection.WriteAsync(new byte[] { 1, 2 }, Cancel);
        var reading = _connection.ReadAsync(_into, Cancel).AsTask();
        Assert.False(reading.IsCompleted);
        await _wire.SaysAsync("hello");

        Assert.Equal(5, await reading);
        Assert.Equal([1, 2], _wire.Sent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnswerInTheMiddle_IsToldAndKeptAndNothingMoreLeaves(bool isReused)
    {
        var reading = isReused ? _connection.ReadAsync(_into, Cancel).AsTask() : null; // as the framework does before a reuse
        var sending = SendAsync();
        await _client.Writer.WriteAsync(new byte[10], Cancel);
        await UntilAsync(() => _wire.Sent.Length == 10);

        await _wire.SaysAsync("HTTP/1.1 413 Too large");
        await sending;

        Assert.Equal((UploadEnd.Answered, 10), (_body.End, _wire.Sent.Length));
        var count = await (reading ?? _connection.ReadAsync(_into, Cancel).AsTask());
        Assert.Equal("HTTP/1.1 413 Too large", Encoding.ASCII.GetString(_into, 0, count));
    }

    [Fact]
    public async Task InterimAnswer_IsNone()
    {
        var sending = SendAsync();
        await _wire.SaysAsync("HTTP/1.1 100 Continue\r\n\r\n");

        await _client.Writer.WriteAsync(new byte[100], Cancel);
        await sending;

        Assert.Equal((UploadEnd.Whole, 100), (_body.End, _wire.Sent.Length));
    }

    [Fact]
    public async Task AnswerThatIsReadInPieces_IsWhole()
    {
        var sending = SendAsync();
        await _client.Writer.WriteAsync(new byte[10], Cancel); // nobody listens before something has been said
        await _wire.SaysAsync("HTTP/1.1 413 Too large");
        await sending;

        var text = "";
        for (var piece = new byte[5]; text.Length < 22;)
        {
            text += Encoding.ASCII.GetString(piece, 0, await _connection.ReadAsync(piece, Cancel));
        }

        Assert.Equal("HTTP/1.1 413 Too large", text);
    }

    [Fact]
    public async Task ConnectionThatBreaksAfterAnAnswer_StillHasIt()
    {
        _wire.BreaksAfter = 10;
        var sending = SendAsync();
        await _client.Writer.WriteAsync(new byte[10], Cancel);
        await UntilAsync(() => _wire.Sent.Length == 10);
        await _client.Writer.WriteAsync(new byte[10], Cancel); // fails before the answer is seen
        await _wire.SaysAsync("HTTP/1.1 404 Not found");

        await sending;

        Assert.Equal(UploadEnd.Answered, _body.End);
    }

    [Fact]
    public async Task ConnectionThatBreaksWithoutOne_IsBroken()
    {
        _wire.BreaksAfter = 0;
        var sending = SendAsync();
        await _client.Writer.WriteAsync(new byte[10], Cancel);
        await _wire.EndsAsync();

        await Assert.ThrowsAnyAsync<Exception>(() => sending);

        Assert.Equal(UploadEnd.Broken, _body.End);
    }

    /// <summary>Sends the body as the framework does: by a stream that knows nothing of it.</summary>
    private async Task SendAsync()
    {
        _body.Begin(_late);
        await _body.CopyToAsync(_connection, Cancel);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        while (!isSo())
        {
            Cancel.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    /// <summary>A connection in memory, of which the test is the other side.</summary>
    private sealed class Wire : Stream
    {
        private readonly Pipe _answers = new();
        private readonly MemoryStream _sent = new();

        public int BreaksAfter { get; set; } = int.MaxValue;

        public byte[] Sent
        {
            get
            {
                lock (_sent)
                {
                    return _sent.ToArray();
                }
            }
        }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public async Task SaysAsync(string text) => await _answers.Writer.WriteAsync(Encoding.ASCII.GetBytes(text), Cancel);

        public async Task EndsAsync() => await _answers.Writer.CompleteAsync();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _answers.Reader.AsStream().ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            lock (_sent)
            {
                if (_sent.Length >= BreaksAfter)
                {
                    throw new IOException("broken pipe");
                }

                _sent.Write(buffer.Span);
            }

            return default;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
