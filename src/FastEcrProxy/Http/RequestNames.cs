using System.Buffers;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>What a request says about the registry that it means: the host that was asked, and containerd's <c>ns</c>.</summary>
internal static class RequestNames
{
    /// <summary>containerd's word for the registry that an image is named after, for whoever stands in for it.</summary>
    public const string NamespaceKey = "ns";

    private const string NamespaceHeader = "OCI-Namespace"; // distribution-spec, "Registry Proxying"
    private const int NamespaceLengthMax = 261; // a host's name and a port

    // Where no rule lists names anything is taken for one; what is none of a host would be no header.
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]");

    /// <summary>
    /// Where the request goes, or why nowhere. Tells the client for which registry it is answered, whether <c>ns</c> decided
    /// about it or was taken as it is: who is told nothing has to think that it was not understood.
    /// </summary>
    public static OciError? Find(Upstreams upstreams, HttpContext http, OciRoute route, out Destination to)
    {
        var ns = NamespaceOf(http.Request);
        if (ns is { Length: > NamespaceLengthMax })
        {
            to = default;
            return OciError.NameInvalid($"ns has {ns.Length} characters: it is no registry's name.");
        }

        var (found, error) = upstreams.Find(HostOf(http.Request), ns, route.Repository);
        to = found;
        if (error is null && ns is not null && !ns.AsSpan().ContainsAnyExcept(HostCharacters))
        {
            http.Response.Headers[NamespaceHeader] = ns;
        }

        return error;
    }

    /// <summary>What the client calls the proxy, port cut off. IPv6 has its brackets: the server lets no other through.</summary>
    /// <remarks>As <see cref="HostString.Host"/>, which makes a string of it.</remarks>
    public static ReadOnlySpan<char> HostOf(HttpRequest request)
    {
        ReadOnlySpan<char> host = request.Host.Value;
        var bracket = host.IndexOf(']');
        if (bracket >= 0)
        {
            return host[..(bracket + 1)];
        }

        var colon = host.IndexOf(':');
        return colon < 0 ? host : host[..colon];
    }

    /// <summary>The first <c>ns</c>, since a client may add its own to one that it was given; null for none.</summary>
    public static string? NamespaceOf(HttpRequest request) =>
        request.QueryString.HasValue && request.Query[NamespaceKey] is [{ Length: > 0 } first, ..] ? first : null; // a query costs memory
}
