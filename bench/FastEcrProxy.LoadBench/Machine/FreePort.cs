using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.LoadBench.Machine;

/// <summary>A port of loopback that nobody listens on, for servers that cannot choose one themselves.</summary>
internal static class FreePort
{
    // Below the range from which Linux takes the ports of outgoing connections, so that none of them is in the way.
    private const int First = 20_000;
    private const int Last = 32_000;

    private static int next = Random.Shared.Next(First, Last);

    public static int Take()
    {
        for (var tries = First; tries < Last; tries++)
        {
            next = next + 1 < Last ? next + 1 : First;
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, next));
                return next;
            }
            catch (SocketException)
            {
                // taken; the next one then
            }
        }

        throw new BenchFailure($"No port between {First} and {Last} is free.");
    }
}
