using System.Net;
using System.Net.Sockets;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Http;

/// <summary>
/// Finds the client among the addresses that balancers have written down, each the one that it was spoken to from, the nearest
/// last. Only what a trusted one wrote is believed, so the first address from the right that is none of theirs is the client's.
/// </summary>
internal static class ForwardedFor
{
    /// <summary>The client's address; <paramref name="peer"/> where no balancer that is trusted names another.</summary>
    /// <param name="peer">Who is connected; not a mapped IPv4 address.</param>
    /// <param name="header">The values of <c>X-Forwarded-For</c>, in the order of their lines.</param>
    /// <param name="trusted">The balancers' networks.</param>
    public static IPAddress Client(IPAddress peer, StringValues header, IReadOnlyList<IPNetwork> trusted)
    {
        var client = peer;
        for (var line = header.Count - 1; line >= 0; line--)
        {
            for (var rest = header[line].AsSpan(); !rest.IsEmpty;)
            {
                if (!Addresses.IsIn(client, trusted))
                {
                    return client;
                }

                var comma = rest.LastIndexOf(',');
                if (!TryParse(rest[(comma + 1)..].Trim(), out var before))
                {
                    return client; // nothing further left is any better
                }

                client = before;
                rest = comma < 0 ? default : rest[..comma];
            }
        }

        return client;
    }

    /// <summary>An address, with or without a port: some balancers add it.</summary>
    private static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        var isIpv4 = text.IndexOf(':') is var colon && (colon < 0 || text[(colon + 1)..].IndexOf(':') < 0);
        var close = text.IndexOf(']');
        var bare = isIpv4 ? (colon < 0 ? text : text[..colon])
            : text is ['[', ..] && close > 0 ? text[1..close]
            : text;
        if (!IPAddress.TryParse(bare, out var parsed) || bare.Contains('%')
            || (isIpv4 && (parsed.AddressFamily is not AddressFamily.InterNetwork || bare.Count('.') != 3)))
        {
            return false;
        }

        address = Addresses.Plain(parsed);
        return true;
    }
}
