using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Server;

/// <summary>Which addresses the internet can reach, as far as the addresses themselves tell.</summary>
/// <remarks>A machine of AWS has a private address even where a public one is mapped to it: that, only its security group knows.</remarks>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] Private =
    [
        IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("172.16.0.0/12"),
        IPNetwork.Parse("192.168.0.0/16"), IPNetwork.Parse("169.254.0.0/16"),
        IPNetwork.Parse("100.64.0.0/10"), // RFC 6598: behind a carrier's translation, and what some VPNs and clusters use
        IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"), // RFC 5737
        IPNetwork.Parse("::1/128"), IPNetwork.Parse("fc00::/7"), IPNetwork.Parse("fe80::/10"), IPNetwork.Parse("2001:db8::/32"),
    ];

    /// <summary>The first public address that a server listens on; null where all are private.</summary>
    /// <param name="listen">What it listens on; the address that means all of them stands for those of the machine.</param>
    /// <param name="own">The addresses that the machine has.</param>
    public static IPAddress? Of(IPAddress listen, Func<IEnumerable<IPAddress>> own)
    {
        var isAny = listen.Equals(IPAddress.Any) || listen.Equals(IPAddress.IPv6Any);
        IEnumerable<IPAddress> addresses = isAny
            ? own().Where(address => listen.Equals(IPAddress.IPv6Any) || address.AddressFamily is AddressFamily.InterNetwork)
            : [listen];
        return addresses.FirstOrDefault(static address => !Addresses.IsIn(address, Private));
    }

    /// <summary>The addresses of this machine's interfaces; none where the system does not say.</summary>
    public static IEnumerable<IPAddress> OfThisMachine()
    {
        try
        {
            return [.. NetworkInterface.GetAllNetworkInterfaces()
                .SelectMany(static card => card.GetIPProperties().UnicastAddresses)
                .Select(static address => address.Address)];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }
}
