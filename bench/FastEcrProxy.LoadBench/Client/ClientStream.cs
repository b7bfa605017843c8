using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>A connection as a stream, with TLS where it is asked for: for everything that looks at the bytes.</summary>
internal static class ClientStream
{
    public static Stream Open(ClientOrder order)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(IPAddress.Loopback, order.Port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var plain = new NetworkStream(socket, ownsSocket: true);
        if (!order.Tls)
        {
            return plain;
        }

        var tls = new SslStream(plain);
        tls.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "127.0.0.1",
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        return tls;
    }
}
