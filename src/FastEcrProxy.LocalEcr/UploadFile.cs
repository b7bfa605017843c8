using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.LocalEcr;

/// <summary>
/// The bytes of an upload in a file that has no name any more: they cost no memory, and are gone when nobody uses them.
/// What grows past the limit is dropped, and from then on only counted.
/// </summary>
internal sealed class UploadFile(long keptBytesMax) : IDisposable
{
    private SafeFileHandle? _file;
    private long _length;

    public void Append(ReadOnlySequence<byte> bytes)
    {
        var offset = _length;
        _length += bytes.Length;
        if (_length > keptBytesMax)
        {
            Dispose();
            return;
        }

        var pieces = new List<ReadOnlyMemory<byte>>();
        foreach (var piece in bytes)
        {
            pieces.Add(piece);
        }

        RandomAccess.Write(_file ??= Create(), pieces, offset); // one call for all: Kestrel's pieces are of 4 KiB
    }

    /// <summary>What was appended, to be served from now on.</summary>
    public LayerContent ToContent(string digest)
    {
        if (_length > keptBytesMax)
        {
            return new DroppedContent(_length, digest);
        }

        var content = new FileContent(_file ?? Create(), digest);
        _file = null; // the content's from now on
        return content;
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private static SafeFileHandle Create()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        File.Delete(path);
        return file;
    }
}
