namespace FastEcrProxy.Upstream;

/// <summary>Whether an address is on one of the hosts that the operator has listed, as <c>host</c> or <c>host:port</c>.</summary>
internal static class NamedHosts
{
    /// <summary>An entry without a port means the scheme's own.</summary>
    public static bool Contains(IReadOnlyList<string> hosts, Uri address)
    {
        var withPort = $"{address.Host}:{address.Port}";
        foreach (var host in hosts)
        {
            if (host.Equals(withPort, StringComparison.OrdinalIgnoreCase)
                || (address.IsDefaultPort && host.Equals(address.Host, StringComparison.OrdinalIgnoreCase)))
            {
                return true;
            }
        }

        return false;
    }
}
