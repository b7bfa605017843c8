namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A body that does not get to the blob's end: it stops early or breaks.</summary>
internal sealed class FaultyStream(SampleBlob blob, long offset, long end, FaultyStream.Fault fault) : ReadOnlyStream
{
    private long _position = offset;

    public enum Fault
    {
        End,
        Exception,
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = (int)Math.Min(buffer.Length, Math.Min(end, blob.Length) - _position);
        if (count == 0 && fault is Fault.Exception)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, "made up for a test");
        }

        blob.Bytes.AsSpan((int)_position, count).CopyTo(buffer.Span);
        _position += count;
        return ValueTask.FromResult(count);
    }
}
