using FastEcrProxy.Clients;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>What a request does, in the words of the rules about callers.</summary>
internal static class RouteActions
{
    /// <summary>Null for a ping, which does nothing.</summary>
    public static ClientAction? Of(OciRoute route, string method) => route.Kind switch
    {
        RouteKind.Ping => null,
        RouteKind.Catalog => ClientAction.Catalog,
        RouteKind.Upload => ClientAction.Push, // its status too: it is told to nobody else
        _ when PushMethods.IsRead(method) => ClientAction.Pull,
        _ => HttpMethods.IsDelete(method) ? ClientAction.Delete : ClientAction.Push,
    };

    /// <summary>The same as a scope of the token flow; null for what is about no repository.</summary>
    public static string? ScopeOf(OciRoute route, string method) => Of(route, method) switch
    {
        ClientAction.Pull => "pull",
        ClientAction.Push => "pull,push",
        ClientAction.Delete => "delete",
        _ => null,
    };
}
