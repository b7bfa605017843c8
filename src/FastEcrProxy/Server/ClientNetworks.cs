using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.Server;

/// <summary>Networks of clients as people write them: <c>10.0.0.0/8</c>, <c>2001:db8::/32</c>.</summary>
internal static class ClientNetworks
{
    /// <summary>Null where the text is a network; else what is wrong with it, and which one may be meant.</summary>
    public static string? ProblemWith(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address) || !IsSpelledOut(address, text))
        {
            return $"{text} is no network; write 10.0.0.0/8 or 2001:db8::/32";
        }

        var bits = address.GetAddressBytes().Length * 8;
        if (slash < 0)
        {
            return $"{text} is an address; write {text}/{bits} for it alone";
        }

        if (!int.TryParse(text.AsSpan(slash + 1), out var length) || length < 0 || length > bits)
        {
            return $"{text} is no network; after the slash a number from 0 to {bits} is needed";
        }

        var network = new IPNetwork(Masked(address, length), length);
        return network.BaseAddress.Equals(address)
            ? null
            : $"{text} is an address in a network; write {network} for all of it, {address}/{bits} for it alone";
    }

    public static IPNetwork Parse(string text) => IPNetwork.Parse(text);

    /// <summary>Short forms of IPv4 are read by some as this and by some as that: 10/8 is nobody's 0.0.0.10.</summary>
    private static bool IsSpelledOut(IPAddress address, string text) =>
        address.AddressFamily is AddressFamily.InterNetworkV6 || text.StartsWith(address.ToString(), StringComparison.Ordinal);

    private static IPAddress Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] &= (byte)(0xff << (8 - kept));
        }

        return new IPAddress(bytes);
    }
}
