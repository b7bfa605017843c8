using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Where AWS hands credentials to whoever asks from this machine. No registry is there: whatever name led to such an address, and
/// whoever gave the name, no connection for images is made to it. The SDK asks there for itself.
/// </summary>
internal static class MetadataAddresses
{
    private static readonly IPNetwork[] Closed =
    [
        IPNetwork.Parse("169.254.169.254/32"), // the instance's metadata
        IPNetwork.Parse("169.254.170.0/24"), // credentials of ECS's tasks and EKS's pods
        IPNetwork.Parse("fd00:ec2::254/128"), // as the first, for IPv6
        IPNetwork.Parse("fd00:ec2::23/128"), // as the second
    ];

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96"); // RFC 6052: the last four bytes are an IPv4 address

    /// <summary>The addresses of a host that may be dialled.</summary>
    /// <exception cref="ClosedAddressException">It has none.</exception>
    public static async ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, cancel);
        var allowed = Array.FindAll(addresses, Allows);
        return allowed.Length > 0 || addresses.Length == 0 ? allowed : throw new ClosedAddressException();
    }

    public static bool Allows(IPAddress address) => !Addresses.IsIn(Plain(address), Closed);

    /// <summary>An IPv4 address as one, however IPv6 spells it.</summary>
    public static IPAddress Plain(IPAddress address)
    {
        address = Addresses.Plain(address);
        return Nat64.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12)) : address;
    }
}
