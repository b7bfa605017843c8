using System.Security.Cryptography;
using CsCheck;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Transport;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Http;

public sealed class BodySenderTests : IDisposable
{
    private const int Length = 600_000; // more than two chunks

    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(Length);
    private readonly ClientExchange _client = new("GET", "/");
    private readonly MeasuredValues _measured = new();
    private readonly List<long> _opened = [];

    public void Dispose() => _measured.Dispose();

    private Digest Digest => Digest.Of(_bytes);

    [Fact]
    public async Task WholeBlob_IsSentByteForByte()
    {
        using var blob = new GrowingBlob(_bytes).Grow(Length);

        var result = await SendAsync(blob);

        Assert.Equal(new SendResult(SendEnd.Complete, Length), result);
        Assert.Equal(_bytes, _client.Sent);
        Assert.Equal(200, _client.Context.Response.StatusCode);
        Assert.Equal(Length, _client.Context.Response.ContentLength);
    }

    [Fact]
    public async Task GrowingBlob_IsSentAsItArrives()
    {
        using var blob = new GrowingBlob(_bytes);

        var sending = SendAsync(blob).AsTask();
        Assert.False(_client.HasStarted);
        blob.Grow(1);
        blob.Grow(300_001);
        blob.Grow(Length);
        var result = await sending;

        Assert.Equal(new SendResult(SendEnd.Complete, Length), result);
        Assert.Equal(_bytes, _client.Sent);
    }

    [Fact]
    public async Task FailureBeforeTheFirstByte_SendsNothing()
    {
        using var blob = new GrowingBlob(_bytes).Fail(FetchError.DigestMismatch);

        var result = await SendAsync(blob);

        Assert.Equal((SendEnd.NotStarted, FetchError.DigestMismatch), (result.End, result.Failure?.Error));
        Assert.False(_client.HasStarted);
        Assert.False(_client.WasAborted);
        Assert.Null(_client.Context.Response.ContentLength);
    }

    [Fact]
    public async Task FailureInTheMiddle_BreaksTheConnectionOff()
    {
        using var blob = new GrowingBlob(_bytes).Grow(1000).Fail(FetchError.Unreachable);

        var result = await SendAsync(blob);

        Assert.Equal((SendEnd.Aborted, 1000, FetchError.Unreachable), (result.End, result.SentBytes, result.Failure?.Error));
        Assert.True(_client.WasAborted);
    }

    [Fact]
    public async Task ConnectionThatEndedThoughItsFlushesSayNothing_IsOfAClientThatLeftAndNotServedWhole()
    {
        using var blob = new GrowingBlob(_bytes).Grow(Length);
        _client.Context.Features.Set<IOutputEnd>(new Ended());

        var result = await SendAsync(blob);

        Assert.Equal(new SendResult(SendEnd.ClientLeft, 0), result);
        Assert.InRange(_client.Sent.Length, 0, Length - 1); // nobody encrypts the rest for nobody
    }

    [Fact]
    public async Task BlobThatEndsEarlyWithoutAReason_BreaksTheConnectionOff()
    {
        using var blob = new GrowingBlob(_bytes).Grow(1000);
        var bytes = new EndsAt(1000, new StoredBody(blob, new Disk(new FakeTimeProvider()), GoOn, isWhole: true));

        var result = await BodySender.SendAsync(_client.Context, bytes, BlobAnswer.Whole(Digest, Length));

        Assert.Equal((SendEnd.Aborted, FetchError.CutShort), (result.End, result.Failure?.Error));
        Assert.True(_client.WasAborted);
    }

    [Fact]
    public async Task ClientThatLeaves_IsNoFailure()
    {
        using var blob = new GrowingBlob(_bytes).Grow(Length);
        _client.LeavesAfter = 1;

        var result = await SendAsync(blob);

        Assert.Equal(SendEnd.ClientLeft, result.End);
        Assert.Null(result.Failure);
        Assert.False(_client.WasAborted);
        Assert.True(_client.Sent.Length < Length);
    }

    [Fact]
    public async Task ClientThatLeavesWhileNothingArrives_IsNotWaitedFor()
    {
        using var blob = new GrowingBlob(_bytes).Grow(10);

        var sending = SendAsync(blob).AsTask();
        _client.Leave();
        var result = await sending;

        Assert.Equal(new SendResult(SendEnd.ClientLeft, 10), result);
    }

    [Fact]
    public async Task DiskThatFailsInTheMiddle_IsMadeUpForByUpstream()
    {
        using var blob = new GrowingBlob(_bytes).Grow(1000).Fail(FetchError.Storage);

        var result = await SendAsync(blob);

        Assert.Equal(new SendResult(SendEnd.Complete, Length), result);
        Assert.Equal(_bytes, _client.Sent);
        Assert.Equal([1000], _opened);
    }

    [Fact]
    public async Task FileShorterThanItSays_IsMadeUpForByUpstream()
    {
        using var blob = new GrowingBlob(_bytes[..70_000], announced: Length).Grow(Length);

        var result = await SendAsync(blob);

        Assert.Equal(SendEnd.Complete, result.End);
        Assert.Equal(_bytes, _client.Sent);
        Assert.Equal([70_000], _opened);
    }

    [Fact]
    public async Task WrongBytesOnDiskBeforeItFailed_NeverArriveWhole()
    {
        var wrong = _bytes.ToArray();
        wrong[500] ^= 1;
        using var blob = new GrowingBlob(wrong).Grow(1000).Fail(FetchError.Storage);

        var result = await SendAsync(blob);

        Assert.Equal((SendEnd.Aborted, FetchError.DigestMismatch), (result.End, result.Failure?.Error));
        Assert.True(_client.WasAborted);
        Assert.True(_client.Sent.Length < Length);
        Assert.Contains("fastecr.digest.mismatches{} 1", _measured.Observed());
    }

    [Fact]
    public async Task SeveralRanges_AreMultipartOfTheAnnouncedLength()
    {
        using var blob = new GrowingBlob(_bytes).Grow(Length);
        ByteRange[] ranges = [new(599_000, 1000), new(0, 300_000), new(5, 1)];

        var result = await SendAsync(blob, BlobAnswer.Partial(Digest, Length, ranges));

        Assert.Equal(SendEnd.Complete, result.End);
        Assert.Equal(206, _client.Context.Response.StatusCode);
        Assert.Equal(_client.Sent.Length, _client.Context.Response.ContentLength);
        Assert.Equal(_client.Sent.Length, result.SentBytes);
        Assert.Equal("", _client["Content-Range"]);
        Assert.Equal(ranges.Select(range => $"bytes {range.Offset}-{range.End - 1}/{Length}"), await PartsAsync(ranges));
    }

    [Fact]
    public void AnyRanges_HaveTheLengthThatIsAnnounced() =>
        Gen.Select(Gen.Int[0, 99], Gen.Int[1, 100]).Array[1, 8].Sample(pairs =>
        {
            ByteRange[] ranges = [.. pairs.Select(pair => new ByteRange(pair.Item1, Math.Min(pair.Item2, 100 - pair.Item1)))];

            var answer = BlobAnswer.Partial(Digest, 100, ranges);

            var parts = answer.Parts.Sum(part => part.Heading.Length + part.Range.Length);
            Assert.Equal(parts + answer.Closing.Length, answer.ContentLength);
            Assert.Equal(ranges, answer.Parts.Select(part => part.Range));
            Assert.Equal(ranges.Length == 1, answer.Closing.IsEmpty);
        });

    [Fact]
    public async Task EmptyBlob_IsSentAsNothing()
    {
        using var blob = new GrowingBlob([]);

        var result = await SendAsync(blob, BlobAnswer.Whole(Digest.Of([]), 0));

        Assert.Equal(new SendResult(SendEnd.Complete, 0), result);
        Assert.True(_client.HasStarted);
        Assert.Equal(0, _client.Context.Response.ContentLength);
    }

    private async ValueTask<SendResult> SendAsync(GrowingBlob blob, BlobAnswer? answer = null)
    {
        using var body = new StoredBody(blob, new Disk(new FakeTimeProvider()), GoOn, isWhole: answer is null);
        return await BodySender.SendAsync(_client.Context, body, answer ?? BlobAnswer.Whole(Digest, Length));
    }

    private ValueTask<Fetched<UnstoredBody>> GoOn(long offset, CancellationToken cancel) =>
        UnstoredBody.OpenAsync(OpenAsync, Digest, offset, new FakeTimeProvider(), _measured.Metrics, cancel);

    private ValueTask<Fetched<BlobBody>> OpenAsync(long offset, long? end, CancellationToken cancel)
    {
        _opened.Add(offset);
        return ValueTask.FromResult<Fetched<BlobBody>>(new BlobBody(new MemoryStream(_bytes[(int)offset..]), offset, Length));
    }

    private async Task<List<string>> PartsAsync(ByteRange[] ranges)
    {
        var boundary = _client.Context.Response.ContentType!.Split("boundary=")[1];
        var reader = new MultipartReader(boundary, new MemoryStream(_client.Sent));
        List<string> contentRanges = [];
        while (await reader.ReadNextSectionAsync(TestContext.Current.CancellationToken) is { } section)
        {
            using var content = new MemoryStream();
            var buffer = new byte[8192];
            while (await section.Body.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            {
                content.Write(buffer, 0, read);
            }

            var range = ranges[contentRanges.Count];
            Assert.Equal(_bytes[(int)range.Offset..(int)range.End], content.ToArray());
            contentRanges.Add(section.Headers!["Content-Range"].ToString());
        }

        return contentRanges;
    }

    private sealed class EndsAt(long end, IBodyBytes inner) : IBodyBytes
    {
        public SafeFileHandle? File => inner.File;

        public FetchFailure? Failure => null;

        public ValueTask<long> ReadableAsync(long offset, CancellationToken cancel) =>
            offset < end ? inner.ReadableAsync(offset, cancel) : ValueTask.FromResult(0L);

        public ValueTask<int> ReadAsync(long offset, Memory<byte> into, CancellationToken cancel) =>
            inner.ReadAsync(offset, into, cancel);
    }

    private sealed class Ended : IOutputEnd
    {
        public bool HasEnded => true;
    }
}
