namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A body that stands still at a place until its gate opens.</summary>
internal sealed class HeldStream(SampleBlob blob, long offset, long held, Gate gate) : ReadOnlyStream
{
    private long _position = offset;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == held)
        {
            await gate.PassAsync(cancellationToken);
        }

        var end = _position < held ? Math.Min(held, blob.Length) : blob.Length;
        var count = (int)Math.Min(buffer.Length, end - _position);
        blob.Bytes.AsSpan((int)_position, count).CopyTo(buffer.Span);
        _position += count;
        return count;
    }
}
