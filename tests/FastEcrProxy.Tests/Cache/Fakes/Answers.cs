using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>What a registry does with one request for a blob from an offset on.</summary>
internal delegate ValueTask<Fetched<BlobBody>> Answer(SampleBlob blob, long offset, CancellationToken cancel);

/// <summary>The ways in which a registry answers.</summary>
internal static class Answers
{
    public static Answer Whole { get; } = (blob, offset, _) => Body(blob, offset, Rest(blob, offset));

    public static Answer WrongBytes { get; } = (blob, offset, _) => Body(blob, offset, Rest(blob.Wrong(), offset));

    public static Answer WrongLength { get; } = (blob, offset, _) => Body(blob.Shorter(), offset, Rest(blob.Shorter(), offset));

    /// <summary>An exception of a kind that an <c>OpenBlob</c> promises not to throw.</summary>
    public static Answer Bug { get; } = (_, _, _) => throw new InvalidOperationException("a bug in what opens");

    /// <summary>Ends without a word before the byte at an offset of the blob.</summary>
    public static Answer CutAt(long end) => (blob, offset, _) =>
        Body(blob, offset, new FaultyStream(blob, offset, Math.Max(offset, end), FaultyStream.Fault.End));

    /// <summary>The connection breaks before the byte at an offset of the blob.</summary>
    public static Answer BrokenAt(long end) => (blob, offset, _) =>
        Body(blob, offset, new FaultyStream(blob, offset, Math.Max(offset, end), FaultyStream.Fault.Exception));

    /// <summary>Stands still before the byte at an offset of the blob until the gate opens.</summary>
    public static Answer HeldAt(long held, Gate gate) => (blob, offset, _) =>
        Body(blob, offset, new HeldStream(blob, offset, Math.Max(offset, held), gate));

    /// <summary>The blob as it is, in pieces of chance lengths, some at hand and some not.</summary>
    public static Answer InPieces(int seed) => (blob, offset, _) => Body(blob, offset, new PieceStream(Rest(blob, offset), seed));

    /// <summary>Says nothing until the gate opens.</summary>
    public static Answer Silent(Gate gate) => async (blob, offset, cancel) =>
    {
        await gate.PassAsync(cancel);
        return await Whole(blob, offset, cancel);
    };

    public static Answer Fails(FetchError error, TimeSpan? retryAfter = null) => (_, _, _) =>
        ValueTask.FromResult<Fetched<BlobBody>>(new FetchFailure(error, "made up for a test") { RetryAfter = retryAfter });

    private static MemoryStream Rest(SampleBlob blob, long offset) =>
        new(blob.Bytes, (int)offset, blob.Length - (int)offset, writable: false);

    private static ValueTask<Fetched<BlobBody>> Body(SampleBlob blob, long offset, Stream bytes) =>
        ValueTask.FromResult<Fetched<BlobBody>>(new BlobBody(bytes, offset, blob.Length));
}
