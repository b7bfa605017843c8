using System.Net.Sockets;
using FastEcrProxy.LoadBench.Machine;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>Without TLS the kernel takes the pages of the file as they are.</summary>
internal sealed unsafe class PlainStoreSocket(Socket socket) : StoreSocket(socket)
{
    private const long PieceBytesMax = 2 << 20; // hides the call; more gives nothing

    public override int Receive(Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            return (int)Math.Max(0, Libc.Receive(Descriptor, bytes, into.Length, 0));
        }
    }

    public override bool Send(ReadOnlySpan<byte> head, bool bodyFollows)
    {
        fixed (byte* bytes = head)
        {
            return Libc.Send(Descriptor, bytes, head.Length, Libc.NoSignal | (bodyFollows ? Libc.More : 0)) == head.Length;
        }
    }

    public override long SendFile(SafeFileHandle file, long offset, long count) =>
        Math.Max(0, Libc.SendFile(Descriptor, file, ref offset, (nint)Math.Min(count, PieceBytesMax)));
}
