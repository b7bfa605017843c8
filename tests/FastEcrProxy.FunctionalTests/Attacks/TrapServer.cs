using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>A port of this machine that nobody has been allowed to dial: whoever comes has been led astray.</summary>
internal sealed class TrapServer : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };

    public TrapServer()
    {
        _listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0)); // however its address is written
        _listener.Listen();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Whether anybody has connected: the system takes connections by itself, and keeps them until they are looked at.</summary>
    public bool WasDialled => _listener.Poll(0, SelectMode.SelectRead);

    public void Dispose() => _listener.Dispose();
}
