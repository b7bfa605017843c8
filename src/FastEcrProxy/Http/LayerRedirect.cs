using System.Net;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>
/// Sends clients of some networks to the layer store itself: within the Region, layers need not cross the proxy. A HEAD is
/// never sent there, since the address is signed for GET.
/// </summary>
internal static class LayerRedirect
{
    /// <summary>Whether the rule has this client fetch layers itself.</summary>
    /// <param name="rule">The rule that takes the request.</param>
    /// <param name="client">The client's own address, as <see cref="ClientEdge"/> has settled it.</param>
    public static bool IsFor(RuleOptions rule, IPAddress? client) =>
        client is not null && Addresses.IsIn(client, rule.RedirectClients);

    /// <summary>Answers with the address, byte for byte: the signature covers its spelling.</summary>
    /// <param name="response">Not begun yet.</param>
    /// <param name="digest">What is there.</param>
    /// <param name="address">Presigned: for this client, and for no log.</param>
    public static void Write(HttpResponse response, Digest digest, Uri address)
    {
        HeaderRules.Content(response, digest, immutable: false);
        response.StatusCode = StatusCodes.Status307TemporaryRedirect;
        response.Headers.Location = address.OriginalString;
        response.Headers.CacheControl = "no-store"; // the address expires, and is a secret
        response.ContentLength = 0;
    }
}
