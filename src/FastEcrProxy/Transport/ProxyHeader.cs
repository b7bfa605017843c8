using System.Net;

namespace FastEcrProxy.Transport;

/// <summary>What the first bytes of a connection are to the PROXY protocol.</summary>
internal enum ProxyHeaderKind
{
    /// <summary>They may become a header: more of them are needed.</summary>
    Incomplete,

    /// <summary>They are no header, and belong to whatever is spoken on the connection.</summary>
    Absent,

    /// <summary>A whole header.</summary>
    Present,

    /// <summary>They begin as a header does, and go on as none may.</summary>
    Malformed,
}

/// <summary>What was found at the beginning of a connection.</summary>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Length">Of the whole header, in bytes; 0 where there is none.</param>
/// <param name="Source">
/// The client's own address, never a mapped IPv4 one; null where the header names none: the balancer's own connection, or a
/// network that is not IP.
/// </param>
internal readonly record struct ProxyHeader(ProxyHeaderKind Kind, int Length = 0, IPEndPoint? Source = null)
{
    public static readonly ProxyHeader Incomplete = new(ProxyHeaderKind.Incomplete);

    public static readonly ProxyHeader Absent = new(ProxyHeaderKind.Absent);

    public static readonly ProxyHeader Malformed = new(ProxyHeaderKind.Malformed);
}
