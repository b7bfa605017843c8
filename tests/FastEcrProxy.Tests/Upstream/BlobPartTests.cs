using System.Text;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class BlobPartTests
{
    [Theory]
    [InlineData(200, 10, null, 0, 10, 10)]
    [InlineData(200, 0, null, 0, 0, 0)]
    [InlineData(206, 6, "bytes 4-9/10", 4, 6, 10)]
    [InlineData(206, null, "bytes 4-9/10", 4, 6, 10)]
    [InlineData(206, 2, "bytes 4-5/10", 4, 2, 10)]
    public void CompleteHead_SaysWhichBytes(int status, int? length, string? range, long offset, long count, long total) =>
        Assert.Equal(new BlobPart(offset, count, total) { TakesRanges = status == 206 }, Of(status, length, range).Value);

    [Theory]
    [InlineData("bytes", true)]
    [InlineData("none", false)]
    [InlineData(null, false)]
    public void WholeBlob_SaysWhetherPartsCanBeHad(string? acceptRanges, bool takesRanges) =>
        Assert.Equal(takesRanges, Of(200, 10, null, acceptRanges: acceptRanges).Value!.TakesRanges);

    [Theory]
    [InlineData(200, null, null, "BadAnswer")]
    [InlineData(206, 6, null, "BadAnswer")]
    [InlineData(206, 6, "bytes 4-9/*", "BadAnswer")]
    [InlineData(206, 6, "bytes */10", "BadAnswer")]
    [InlineData(206, 6, "bytes 9-4/10", "BadAnswer")]
    [InlineData(206, 6, "bytes 4-10/10", "BadAnswer")]
    [InlineData(206, 6, "items 4-9/10", "BadAnswer")]
    [InlineData(206, 6, "nonsense", "BadAnswer")]
    [InlineData(206, 7, "bytes 4-9/10", "BadAnswer")]
    [InlineData(204, null, null, "BadAnswer")]
    [InlineData(403, 0, null, "Refused")]
    [InlineData(404, 0, null, "NotFound")]
    [InlineData(503, 0, null, "Unreachable")]
    public void AnythingElse_IsAFailure(int status, int? length, string? range, string error) =>
        Assert.Equal(Enum.Parse<FetchError>(error), Of(status, length, range).Failure!.Error);

    [Theory]
    [InlineData(400, "Unreachable")]
    [InlineData(403, "Unreachable")]
    [InlineData(404, "Unreachable")]
    [InlineData(429, "Throttled")]
    [InlineData(500, "Unreachable")]
    public void LayerStore_NeverSaysThatABlobDoesNotExist(int status, string error) =>
        Assert.Equal(Enum.Parse<FetchError>(error), Of(status, 0, null, UpstreamPeer.Layers).Failure!.Error);

    [Theory]
    [InlineData("bytes */10", "", 10)]
    [InlineData(null, "<Error><Code>InvalidRange</Code><ActualObjectSize>12</ActualObjectSize></Error>", 12)]
    [InlineData(null, "<Error><ActualObjectSize>-1</ActualObjectSize></Error>", null)]
    [InlineData(null, "", null)]
    public void RangePastTheEnd_TellsTheLengthWhereItIsKnown(string? range, string body, int? total)
    {
        var failure = Of(416, body.Length, range, UpstreamPeer.Layers, body).Failure!;

        Assert.Equal((FetchError.OutOfRange, (long?)total), (failure.Error, failure.TotalBytes));
    }

    private static Fetched<BlobPart> Of(
        int status, int? length, string? range, UpstreamPeer peer = UpstreamPeer.Registry, string body = "", string? acceptRanges = null)
    {
        using var message = Answers.Of(status);
        message.Content = new StreamContent(new Unseekable()); // knows no length of its own
        message.Content.Headers.ContentLength = length;
        if (acceptRanges is not null)
        {
            message.Headers.TryAddWithoutValidation("Accept-Ranges", acceptRanges);
        }

        if (range is not null)
        {
            message.Content.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        using var answer = new UpstreamAnswer(peer, "host.example", message, Encoding.UTF8.GetBytes(body), ErrorBody.None, null);
        return BlobPart.Of(answer, "blob x");
    }

    private sealed class Unseekable : MemoryStream
    {
        public override bool CanSeek => false;
    }
}
