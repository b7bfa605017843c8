using System.Net;

namespace FastEcrProxy.Primitives;

/// <summary>Compares addresses as people write them: a socket for both families calls IPv4 clients by mapped IPv6 addresses.</summary>
internal static class Addresses
{
    /// <summary>An IPv4 address in its own form, any other as it is.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>Whether the address is in one of the networks; a mapped IPv4 address is in those of IPv4 alone.</summary>
    /// <remarks>
    /// By itself, a network of IPv6 may compare a mapped address's last four bytes with its own first ones:
    /// https://github.com/dotnet/runtime/issues/131861.
    /// </remarks>
    public static bool IsIn(IPAddress address, IReadOnlyList<IPNetwork> networks)
    {
        var plain = Plain(address);
        for (var i = 0; i < networks.Count; i++) // what enumerates costs an object a request
        {
            if (networks[i].Contains(plain))
            {
                return true;
            }
        }

        return false;
    }
}
