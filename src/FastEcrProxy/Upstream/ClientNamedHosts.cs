using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Where a host may be whose name a client gave: nowhere on this machine or its link, where the machine's metadata service and
/// what trusts the machine itself are. Private networks are allowed: registries behind PrivateLink are there.
/// </summary>
/// <remarks>A request is marked, and its connection looks: only then a name has become an address.</remarks>
internal static class ClientNamedHosts
{
    private static readonly HttpRequestOptionsKey<bool> Mark = new("host named by a client");

    private static readonly IPNetwork[] Closed =
    [
        IPNetwork.Parse("0.0.0.0/8"), // means this machine, as loopback does
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), // link-local; in AWS metadata, credentials of containers, time and DNS
        IPNetwork.Parse("::/127"), // any and loopback
        IPNetwork.Parse("fe80::/10"),
        IPNetwork.Parse("fd00:ec2::/32"), // in AWS what 169.254.0.0/16 is, for IPv6
    ];

    /// <summary>Has the connection that is made for a request look at the address.</summary>
    public static void MarkRequest(HttpRequestMessage request) => request.Options.Set(Mark, true);

    /// <summary>Whether a connection is for a marked request, and to its host: a proxy in between finds addresses by itself.</summary>
    public static bool IsFor(SocketsHttpConnectionContext connection) =>
        connection.InitialRequestMessage is { RequestUri: { } address } request
        && request.Options.TryGetValue(Mark, out var isMarked) && isMarked
        && address.Port == connection.DnsEndPoint.Port
        && address.IdnHost.Equals(connection.DnsEndPoint.Host, StringComparison.OrdinalIgnoreCase);

    /// <summary>The addresses of a host that may be dialled.</summary>
    /// <exception cref="ClosedAddressException">It has none.</exception>
    public static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        var allowed = Array.FindAll(await Dns.GetHostAddressesAsync(host, cancel), Allows);
        return allowed.Length > 0 ? allowed : throw new ClosedAddressException();
    }

    public static bool Allows(IPAddress address) => !Addresses.IsIn(MetadataAddresses.Plain(address), Closed);
}

/// <summary>A host that may not be dialled where it is: see <see cref="ClientNamedHosts"/> and <see cref="MetadataAddresses"/>.</summary>
internal sealed class ClosedAddressException : IOException;
