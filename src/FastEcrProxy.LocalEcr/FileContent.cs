using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.LocalEcr;

/// <summary>Content read from a file on each request.</summary>
internal sealed class FileContent : LayerContent
{
    private readonly SafeFileHandle _file; // closed by its finalizer: content has no owner that would know when

    public FileContent(string path)
        : this(File.OpenHandle(path))
    {
    }

    /// <summary>The file's digest is known already; the handle is the content's from now on.</summary>
    public FileContent(SafeFileHandle file, string digest)
        : base(RandomAccess.GetLength(file))
    {
        _file = file;
        Digest = digest;
    }

    private FileContent(SafeFileHandle file)
        : base(RandomAccess.GetLength(file))
    {
        _file = file;
        Digest = Hash();
    }

    internal override void Read(long offset, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var read = RandomAccess.Read(_file, into, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("The file became shorter while it was served.");
            }

            offset += read;
            into = into[read..];
        }
    }
}
