using System.Net.Sockets;
using System.Runtime.InteropServices;
using FastEcrProxy.LoadBench.Machine;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>
/// Enciphers files a little at a time, in the processor's own cache, and gives the socket much at once. OpenSSL by itself
/// gives it record by record, which costs half as much again: each may wake the client, which then waits for the next.
/// </summary>
internal sealed unsafe class TlsStoreSocket : StoreSocket
{
    private const int ReadBytes = 64 << 10; // four records
    private const int PieceBytes = 512 << 10; // a quarter of it costs a quarter more, twice as much gives nothing
    private const int BufferBytes = PieceBytes + (PieceBytes / 64); // each record is 22 bytes longer than 16 KiB; and a head

    private readonly byte* _read = (byte*)NativeMemory.Alloc((nuint)ReadBytes);
    private readonly nint _connection;
    private readonly nint _buffer = OpenSsl.NewIo(OpenSsl.BufferMethod());

    public TlsStoreSocket(Socket socket, TlsIdentity identity)
        : base(socket)
    {
        _connection = OpenSsl.NewConnection(identity.Context);
        _ = OpenSsl.SetDescriptor(_connection, Descriptor);
        OpenSsl.SetServer(_connection); // the first read shakes hands

        // The connection owns both of its ends, and the socket is to be both the end for reading and what the buffer leads to.
        var end = OpenSsl.WritingEnd(_connection);
        _ = OpenSsl.KeepIo(end);
        _ = OpenSsl.ControlIo(_buffer, OpenSsl.SetBufferSize, BufferBytes, OpenSsl.OfWrites);
        OpenSsl.SetWritingEnd(_connection, OpenSsl.PutBefore(_buffer, end));
    }

    public override int Receive(Span<byte> into)
    {
        fixed (byte* bytes = into)
        {
            return Math.Max(0, OpenSsl.Read(_connection, bytes, into.Length));
        }
    }

    public override bool Send(ReadOnlySpan<byte> head, bool bodyFollows)
    {
        fixed (byte* bytes = head)
        {
            return OpenSsl.Write(_connection, bytes, head.Length) == head.Length && (bodyFollows || Flush());
        }
    }

    public override long SendFile(SafeFileHandle file, long offset, long count)
    {
        var piece = Math.Min(count, PieceBytes);
        for (var done = 0L; done < piece;)
        {
            var read = RandomAccess.Read(file, new Span<byte>(_read, (int)Math.Min(piece - done, ReadBytes)), offset + done);
            if (OpenSsl.Write(_connection, _read, read) != read)
            {
                return 0;
            }

            done += read;
        }

        return Flush() ? piece : 0;
    }

    public override void Dispose()
    {
        _ = OpenSsl.SayGoodbye(_connection);
        OpenSsl.Free(_connection);
        NativeMemory.Free(_read);
        base.Dispose();
    }

    private bool Flush() => OpenSsl.ControlIo(_buffer, OpenSsl.FlushIo, 0, 0) == 1;
}
