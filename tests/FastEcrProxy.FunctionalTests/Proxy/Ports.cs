using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.FunctionalTests.Proxy;

/// <summary>For tests that need to know a port before anybody listens there, or to come back to it.</summary>
internal static class Ports
{
    /// <summary>One that stays free: the system hands out only higher ones by itself (ip_local_port_range).</summary>
    public static int Free()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 30_000);
            using var probe = new TcpListener(IPAddress.Loopback, port);
            try
            {
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken: another one
            }
        }
    }
}
