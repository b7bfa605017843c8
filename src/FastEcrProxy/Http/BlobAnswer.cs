using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>What a client is told of a blob and which of its bytes it gets, settled before the first of them is sent.</summary>
/// <remarks>Several ranges go as multipart/byteranges: RFC 9110 section 14.6.</remarks>
internal sealed class BlobAnswer
{
    private const int BoundaryBytes = 16; // random, so that no layer holds it

    private readonly Digest _digest;
    private readonly long _totalBytes;
    private readonly string? _boundary;
    private readonly bool _isPartial;

    private BlobAnswer(Digest digest, long totalBytes, IReadOnlyList<ByteRange> ranges, bool isPartial)
    {
        (_digest, _totalBytes, _isPartial) = (digest, totalBytes, isPartial);
        if (ranges.Count > 1)
        {
            _boundary = RandomNumberGenerator.GetHexString(BoundaryBytes * 2, lowercase: true);
            Closing = Encoding.ASCII.GetBytes($"\r\n--{_boundary}--\r\n");
        }

        Parts = [.. ranges.Select((range, index) => new Part(Heading(range, index), range))];
        ContentLength = Parts.Sum(part => part.Heading.Length + part.Range.Length) + Closing.Length;
    }

    /// <summary>The stretches that are sent, at least one, each behind its heading.</summary>
    public IReadOnlyList<Part> Parts { get; }

    /// <summary>What follows the last part.</summary>
    public ReadOnlyMemory<byte> Closing { get; }

    /// <summary>Whether some of the blob's bytes are not sent.</summary>
    public bool IsPiece => Parts.Count > 1 || Parts[0].Range.Length < _totalBytes;

    /// <summary>Bytes of body, headings included.</summary>
    public long ContentLength { get; }

    /// <summary>All of it, as a 200.</summary>
    public static BlobAnswer Whole(Digest digest, long totalBytes) =>
        new(digest, totalBytes, [new ByteRange(0, totalBytes)], isPartial: false);

    /// <summary>Some of it, as a 206.</summary>
    /// <param name="digest">Of the whole blob.</param>
    /// <param name="totalBytes">Of the whole blob.</param>
    /// <param name="ranges">At least one, all inside the blob.</param>
    public static BlobAnswer Partial(Digest digest, long totalBytes, IReadOnlyList<ByteRange> ranges) =>
        new(digest, totalBytes, ranges, isPartial: true);

    /// <summary>Status and headers, on GET and on HEAD.</summary>
    public void WriteHead(HttpResponse response)
    {
        HeaderRules.Content(response, _digest, immutable: true);
        response.Headers.AcceptRanges = "bytes";
        response.ContentLength = ContentLength;
        response.ContentType = _boundary is null ? MediaTypes.Octets : $"{MediaTypeNames.Multipart.ByteRanges}; boundary={_boundary}";
        response.StatusCode = _isPartial ? StatusCodes.Status206PartialContent : StatusCodes.Status200OK;
        if (_isPartial && _boundary is null)
        {
            response.Headers.ContentRange = Parts[0].Range.ContentRange(_totalBytes);
        }
    }

    private ReadOnlyMemory<byte> Heading(ByteRange range, int index) => _boundary is null
        ? default
        : Encoding.ASCII.GetBytes(
            $"{(index == 0 ? "" : "\r\n")}--{_boundary}\r\n"
            + $"Content-Type: {MediaTypes.Octets}\r\nContent-Range: {range.ContentRange(_totalBytes)}\r\n\r\n");

    /// <summary>A stretch of the blob and the bytes that announce it.</summary>
    internal readonly record struct Part(ReadOnlyMemory<byte> Heading, ByteRange Range);
}
