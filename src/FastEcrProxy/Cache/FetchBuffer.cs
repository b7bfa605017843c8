using System.Buffers;

namespace FastEcrProxy.Cache;

/// <summary>Bytes on their way from a connection to the file: what has come, and what of it stands in the file already.</summary>
/// <param name="bytes">Its size.</param>
/// <param name="giveBack">Told of the size when it is in use no longer.</param>
internal sealed class FetchBuffer(int bytes, Action<int> giveBack) : IDisposable
{
    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(bytes);
    private int _written;
    private int _filled;

    /// <summary>Where the next bytes go. Empty: write what has come first.</summary>
    public Memory<byte> Room => _bytes.AsMemory(_filled, bytes - _filled);

    public ReadOnlyMemory<byte> Unwritten => _bytes.AsMemory(_written, _filled - _written);

    public void Came(int count) => _filled += count;

    /// <summary>All that has come is written.</summary>
    /// <param name="isReading">Whether bytes may be coming into the room at this moment: it stays where it is.</param>
    public void Wrote(bool isReading) => (_written, _filled) = isReading ? (_filled, _filled) : (0, 0);

    /// <summary>Only when nothing comes into it any more.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        giveBack(bytes);
    }
}
