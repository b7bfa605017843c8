using System.Buffers.Binary;
using System.Net.Sockets;

namespace FastEcrProxy.Primitives;

/// <summary>Whether who is at the other end of a socket takes what it is sent, be it ever so slowly.</summary>
/// <remarks>
/// A full socket has room again only when the other side has taken a third of what was in it, up to megabytes: to a slow one
/// that can take longer than any time-out. So what counts is what the other system has confirmed.
/// </remarks>
internal sealed class SendProgress(Socket socket, TimeProvider time)
{
    private const int NotWaiting = 0;

    // linux/tcp.h: struct tcp_info has tcpi_bytes_acked at 120, 8 bytes, since Linux 4.1.
    private const int TcpLevel = 6;    // IPPROTO_TCP
    private const int TcpInfo = 11;    // TCP_INFO
    private const int AckedAt = 120;
    private const int InfoBytes = AckedAt + sizeof(ulong);

    private long _waitingSince; // a timestamp, or NotWaiting
    private long _tookAt;       // the last look that found more taken
    private ulong _taken;

    /// <summary>The socket is full and somebody waits for room.</summary>
    public void WaitBegins() => Volatile.Write(ref _waitingSince, Math.Max(1, time.GetTimestamp()));

    public void WaitEnds() => Volatile.Write(ref _waitingSince, NotWaiting);

    /// <summary>How long the other side has taken nothing of what waits for it, as far as looks have shown. One look at a time.</summary>
    public TimeSpan Look()
    {
        var since = Volatile.Read(ref _waitingSince);
        if (since == NotWaiting)
        {
            return TimeSpan.Zero;
        }

        var now = time.GetTimestamp();
        if (Taken() is { } taken && taken != _taken)
        {
            (_taken, _tookAt) = (taken, now);
        }

        return time.GetElapsedTime(Math.Max(since, _tookAt), now);
    }

    /// <summary>Bytes that the other system has confirmed since the connection began; null where that cannot be known.</summary>
    private ulong? Taken()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> info = stackalloc byte[InfoBytes];
        try
        {
            var length = socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return length >= InfoBytes ? BinaryPrimitives.ReadUInt64LittleEndian(info[AckedAt..]) : null;
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return null; // closed at this moment: nobody waits any more
        }
    }
}
