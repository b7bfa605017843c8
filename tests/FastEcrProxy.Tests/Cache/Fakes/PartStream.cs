namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>So many bytes of another body and no more, as of an answer to a range.</summary>
internal sealed class PartStream(Stream inner, long length) : ReadOnlyStream
{
    private long _left = length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        _left -= read;
        return read;
    }
}
