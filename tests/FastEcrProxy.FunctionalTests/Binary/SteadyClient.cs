using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>A client that takes its share of a body at every beat and looks at none of it: five hundred of them fit in one test.</summary>
internal sealed class SteadyClient : IDisposable
{
    private const int HeadBytesMax = 4096;

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _scrap;
    private long _left = -1; // not known before the head has come

    private SteadyClient(byte[] scrap) => _scrap = scrap;

    /// <summary>Whether all of the body has come.</summary>
    public bool IsThrough => _left == 0;

    /// <param name="address">Whom it asks.</param>
    /// <param name="path">What for.</param>
    /// <param name="scrap">Where bytes would go; all clients may share it.</param>
    public static async Task<SteadyClient> AskAsync(IPEndPoint address, string path, byte[] scrap)
    {
        var client = new SteadyClient(scrap);
        await client._socket.ConnectAsync(address, TestContext.Current.CancellationToken);
        await client._socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        return client;
    }

    /// <summary>Takes what is there, up to a share.</summary>
    public void Take(int share)
    {
        if (_left < 0 && !TryReadHead())
        {
            return;
        }

        while (share > 0 && _left > 0 && Available() is > 0 and var available)
        {
            // Bytes are counted and thrown away by the system: nobody copies them.
            var wanted = (int)Math.Min(Math.Min(share, available), Math.Min(_left, _scrap.Length));
            var taken = _socket.Receive(_scrap.AsSpan(0, wanted), SocketFlags.Truncated);
            Assert.True(taken > 0, $"the connection ended with {_left} bytes to come");
            (share, _left) = (share - taken, _left - taken);
        }
    }

    public void Dispose() => _socket.Dispose();

    private int Available()
    {
        var available = _socket.Available;
        Assert.False(available == 0 && _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0, "the connection has ended");
        return available;
    }

    private bool TryReadHead()
    {
        if (Available() == 0)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[HeadBytesMax];
        var peeked = _socket.Receive(bytes, SocketFlags.Peek);
        var head = Encoding.ASCII.GetString(bytes[..peeked]);
        var end = head.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        _socket.Receive(bytes[..(end + 4)]);
        Assert.StartsWith("HTTP/1.1 200 ", head, StringComparison.Ordinal);
        _left = long.Parse(head.Split("Content-Length: ")[1].Split("\r\n")[0]);
        return true;
    }
}
