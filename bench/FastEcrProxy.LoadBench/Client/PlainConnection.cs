using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>
/// One keep-alive connection that costs almost nothing: it reads heads, and lets the kernel count and drop the bodies
/// (MSG_TRUNC), a quarter of a mebibyte or more at a time.
/// </summary>
internal sealed unsafe class PlainConnection : IDisposable
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int LowWater = 18; // SO_RCVLOWAT
    private const int ReceiveBufferBytes = 1 << 20;
    private const int WorthWakingFor = 256 << 10;
    private const int PieceBytesMax = 4 << 20;
    private const int HeadBytesMax = 16 << 10;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(HeadBytesMax);
    private Wanted? _wanted;
    private int _buffered;
    private long _left = -1; // of the body; -1 while the head is not complete

    public PlainConnection(int port, int receiveBufferBytes = ReceiveBufferBytes)
    {
        _socket.ReceiveBufferSize = receiveBufferBytes;
        _socket.NoDelay = true;
        _socket.Connect(IPAddress.Loopback, port);
        Descriptor = (int)_socket.Handle;
    }

    public int Descriptor { get; }

    /// <summary>Which of the things wanted is next.</summary>
    public int Turn { get; set; }

    public int Answered { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>When the last request was sent.</summary>
    public long AskedAt { get; private set; }

    public string? Failure { get; private set; }

    public void Ask(Wanted wanted, byte[] request, long now)
    {
        (_wanted, _buffered, _left, AskedAt) = (wanted, 0, -1, now);
        fixed (byte* bytes = request)
        {
            if (Libc.Send(Descriptor, bytes, request.Length, Libc.NoSignal) != request.Length)
            {
                Fail("the request could not be sent");
            }
        }
    }

    /// <summary>Reads what is there, once, and at most so much of a body.</summary>
    /// <returns>Whether the answer is complete.</returns>
    public bool Receive(long atMost = PieceBytesMax)
    {
        var received = _left < 0
            ? Libc.Receive(Descriptor, _buffer + _buffered, HeadBytesMax - _buffered, Libc.DontWait)
            : Libc.Receive(Descriptor, _buffer, (nint)Math.Min(_left, atMost), Libc.Truncate | Libc.DontWait);
        if (received <= 0)
        {
            if (received == 0 || Marshal.GetLastPInvokeError() is not (Libc.TryAgain or Libc.Interrupted))
            {
                Fail($"the connection ended {(_left < 0 ? "before the answer" : $"with {_left} bytes of the body to come")}");
            }

            return false;
        }

        return _left < 0 ? HeadCame((int)received) : BodyCame(received);
    }

    public void Fail(string failure) => Failure ??= $"GET {_wanted?.Path}: {failure}";

    public void Dispose()
    {
        _socket.Dispose();
        NativeMemory.Free(_buffer);
    }

    private bool HeadCame(int received)
    {
        _buffered += received;
        if (!ResponseHead.TryRead(new ReadOnlySpan<byte>(_buffer, _buffered), out var head))
        {
            if (_buffered == HeadBytesMax)
            {
                Fail("the head is too long");
            }

            return false;
        }

        if (head.Status != 200 || head.Length != _wanted!.Length)
        {
            Fail($"answered {head.Status} with {head.Length} bytes, not 200 with {_wanted!.Length}");
            return false;
        }

        _left = head.Length;
        if (_left >= 2 * WorthWakingFor)
        {
            WakeAt(WorthWakingFor);
        }

        return BodyCame(_buffered - head.HeadBytes);
    }

    private bool BodyCame(long received)
    {
        var before = _left;
        _left -= received;
        Bytes += received;
        if (_left < WorthWakingFor && before >= WorthWakingFor && _wanted!.Length >= 2 * WorthWakingFor)
        {
            WakeAt(1);
        }

        if (_left < 0)
        {
            Fail("more bytes came than were promised");
        }

        Answered += _left == 0 ? 1 : 0;
        return _left == 0;
    }

    private void WakeAt(int bytes) => Libc.SetOption(Descriptor, SocketLevel, LowWater, &bytes, sizeof(int));
}
