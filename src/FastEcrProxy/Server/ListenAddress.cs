using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.Server;

/// <summary>
/// Addresses to listen on as people write them: <c>0.0.0.0:5000</c>, <c>[::]:5000</c>, <c>localhost:5001</c>; <c>:5000</c> and
/// plain <c>5000</c> mean every IPv4 address. Names other than <c>localhost</c> are not looked up: a server listens on addresses.
/// </summary>
internal static class ListenAddress
{
    private const int DotsOfIpv4 = 3; // IPAddress also reads "1" and "127.1", which nobody means

    public static bool TryParse(ReadOnlySpan<char> text, out IPEndPoint address)
    {
        address = new IPEndPoint(IPAddress.Any, IPEndPoint.MinPort);
        text = text.Trim();
        var colon = text.LastIndexOf(':');
        if (!ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return false;
        }

        if (!TryParseHost(colon < 0 ? default : text[..colon], out var host))
        {
            return false;
        }

        address = new IPEndPoint(host, port);
        return true;
    }

    /// <summary>Why nothing can listen there now; null if something can. Another program may still be quicker.</summary>
    public static string? Problem(IPEndPoint address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(address);
            socket.Listen();
            return null;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse =>
                    $"port {address.Port} is in use by another program; stop that one or write another port",
                SocketError.AccessDenied =>
                    $"user {Environment.UserName} may not listen on port {address.Port}; write a port above 1023",
                SocketError.AddressNotAvailable => "this machine does not have that address; 0.0.0.0 means all that it has",
                _ => "cannot be listened on: " + error.Message,
            };
        }
    }

    /// <summary>Whether both cannot be listened on at the same time. Port 0 is a free port, so it never clashes.</summary>
    public static bool Clash(IPEndPoint one, IPEndPoint other) =>
        one.Port == other.Port
        && one.Port != 0
        && (one.Address.Equals(other.Address) || IsAny(one.Address) || IsAny(other.Address));

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static bool TryParseHost(ReadOnlySpan<char> text, out IPAddress host)
    {
        host = IPAddress.Any;
        if (text.IsEmpty)
        {
            return true;
        }

        if (text.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            host = IPAddress.Loopback;
            return true;
        }

        var bracketed = text.StartsWith('[') && text.EndsWith(']');
        if (!IPAddress.TryParse(bracketed ? text[1..^1] : text, out var parsed))
        {
            return false;
        }

        host = parsed;
        return bracketed
            ? parsed.AddressFamily == AddressFamily.InterNetworkV6
            : parsed.AddressFamily == AddressFamily.InterNetwork && text.Count('.') == DotsOfIpv4;
    }
}
