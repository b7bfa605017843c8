using System.Globalization;
using System.Text;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Which bytes of a blob an answer carries. Holding one proves that the answer says how many, and of how many.</summary>
/// <param name="Offset">Where in the blob the body begins.</param>
/// <param name="Length">Bytes in the body.</param>
/// <param name="TotalBytes">The whole blob's length.</param>
internal sealed record BlobPart(long Offset, long Length, long TotalBytes)
{
    /// <summary>Whether who answers sends parts of a blob: it has just done so, or says so.</summary>
    public bool TakesRanges { get; init; }

    /// <summary>Reads an answer's head; a failure for one that carries no blob, or does not say how much of it.</summary>
    public static Fetched<BlobPart> Of(UpstreamAnswer answer, string what)
    {
        var headers = answer.Message.Content.Headers;
        switch (answer.Status)
        {
            case 200 when headers.ContentLength is { } length:
                return new BlobPart(0, length, length) { TakesRanges = answer.Message.Headers.AcceptRanges.Contains("bytes") };
            case 200:
                return Senseless(answer, what, "no Content-Length");
            case 206 when headers.ContentRange is { Unit: "bytes", From: { } from, To: { } to, Length: { } total }:
                return headers.ContentLength is { } partLength && partLength != to - from + 1
                    ? Senseless(answer, what, "a Content-Length that contradicts its Content-Range")
                    : new BlobPart(from, to - from + 1, total) { TakesRanges = true };
            case 206:
                return Senseless(answer, what, "no Content-Range with a total");
            case 416:
                return answer.ToFailure(what) with { TotalBytes = headers.ContentRange?.Length ?? ActualSize(answer.Bytes) };
            default:
                return ByStatus(answer, what);
        }
    }

    /// <summary>
    /// The registry's word is about the blob. The layer store's is about a presigned address, which the registry may replace:
    /// it never says that a blob does not exist, or that the proxy may not have it.
    /// </summary>
    private static FetchFailure ByStatus(UpstreamAnswer answer, string what)
    {
        var failure = answer.ToFailure(what);
        return answer.Peer is UpstreamPeer.Layers && failure.Error is FetchError.NotFound or FetchError.Refused
            ? failure with { Error = FetchError.Unreachable, Code = null }
            : failure;
    }

    private static FetchFailure Senseless(UpstreamAnswer answer, string what, string problem) =>
        new(FetchError.BadAnswer, $"{answer.Host} sends {what} with status {answer.Status} and {problem}.");

    /// <summary>S3 says it in the body where it leaves the header out.</summary>
    private static long? ActualSize(ReadOnlyMemory<byte> body) =>
        long.TryParse(
            ErrorBody.Between(Encoding.UTF8.GetString(body.Span), "<ActualObjectSize>", "</ActualObjectSize>"),
            NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size
            : null;
}
