using System.Net;
using System.Text;

namespace FastEcrProxy.FunctionalTests.Balancers;

/// <summary>What balancers send before a client's bytes.</summary>
internal static class ProxyHeaders
{
    /// <summary>Version 2 for 192.0.2.1:56324, with something that the balancer adds, as AWS's do.</summary>
    public static readonly byte[] Version2 =
        Convert.FromHexString("0D0A0D0A000D0A515549540A" + "2111" + "0013" + "C0000201" + "C6336401" + "DC04" + "01BB" + "04000400000000");

    /// <summary>Version 2 of a health check.</summary>
    public static readonly byte[] Local = Convert.FromHexString("0D0A0D0A000D0A515549540A" + "2000" + "0000");

    /// <summary>Version 1 for the same client.</summary>
    public static readonly byte[] Version1 = Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n");

    public static readonly IPNetwork Loopback = IPNetwork.Parse("127.0.0.0/8");
}
