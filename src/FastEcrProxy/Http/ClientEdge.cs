using System.Globalization;
using System.Net;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>
/// Decides, once for each request and for everybody, who the client is behind the balancers and whether it speaks TLS: after
/// that the connection's remote address and the request's scheme are the client's own.
/// </summary>
/// <remarks>
/// <c>Forwarded</c> (RFC 7239) is not read. AWS's balancers do not write it, and one that writes only <c>X-Forwarded-For</c>
/// hands a client's own <c>Forwarded</c> through as it is: who reads both believes the client.
/// </remarks>
/// <param name="trustedProxies">The networks whose word is taken; empty: nobody's.</param>
/// <param name="hsts">For how long clients that came by TLS are to come by nothing else; null: not told.</param>
internal sealed class ClientEdge(IReadOnlyList<IPNetwork> trustedProxies, TimeSpan? hsts = null)
{
    private const string ForwardedForHeader = "X-Forwarded-For";
    private const string ForwardedProtoHeader = "X-Forwarded-Proto";

    private readonly string? _hsts =
        hsts is { } age ? string.Create(CultureInfo.InvariantCulture, $"max-age={(long)age.TotalSeconds}") : null;

    /// <summary>Settles address and scheme. Call it once, first.</summary>
    public void Settle(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is not { } address)
        {
            return;
        }

        var peer = Addresses.Plain(address);
        if (!ReferenceEquals(peer, address))
        {
            http.Connection.RemoteIpAddress = peer; // rules and logs know IPv4 networks by their own form
        }

        if (Addresses.IsIn(peer, trustedProxies))
        {
            Believe(http, peer);
        }
    }

    /// <summary>What every answer says about TLS; again after an answer's headers were cleared.</summary>
    public void Begin(HttpContext http)
    {
        if (_hsts is not null && http.Request.IsHttps)
        {
            http.Response.Headers.StrictTransportSecurity = _hsts;
        }
    }

    private void Believe(HttpContext http, IPAddress peer)
    {
        var headers = http.Request.Headers;
        var client = ForwardedFor.Client(peer, headers[ForwardedForHeader], trustedProxies);
        if (!client.Equals(peer))
        {
            http.Connection.RemoteIpAddress = client;
            http.Connection.RemotePort = 0; // not told
        }

        // The nearest balancer's word, which is the last where several have added theirs.
        if (headers[ForwardedProtoHeader] is { Count: > 0 } told)
        {
            var nearest = told[^1].AsSpan();
            nearest = nearest[(nearest.LastIndexOf(',') + 1)..].Trim();
            http.Request.Scheme = nearest.Equals("https", StringComparison.OrdinalIgnoreCase) ? "https"
                : nearest.Equals("http", StringComparison.OrdinalIgnoreCase) ? "http"
                : http.Request.Scheme;
        }
    }
}
