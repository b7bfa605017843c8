using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Which methods a path knows, for those who may push and for the others.</summary>
internal static class PushMethods
{
    private const string Reads = "GET, HEAD";

    private static readonly OciError OnlyPulls = OciError.Unsupported(
        "This proxy serves pulls: GET and HEAD. Push to the registry itself, or have the proxy allow it (Push of the rule).");

    private static readonly OciError OnlyThose = OciError.Unsupported("This is nothing that can be done here: see Allow.");

    /// <summary>Methods are case-sensitive: to the server "head" is no HEAD, and would have to have a body.</summary>
    public static bool IsRead(string method) => method == HttpMethods.Get || method == HttpMethods.Head;

    /// <summary>The error for a method that a path does not know, whoever asks; null where it may know it.</summary>
    public static OciError? Check(HttpRequest request, OciRoute route) =>
        IsRead(request.Method) || IsOf(request.Method, Pushes(route)) ? null : Refuse(request, Reads, OnlyPulls);

    /// <summary>The error for a method that a path does not know where the request goes; null where it does.</summary>
    /// <param name="request">Gets the answer's <c>Allow</c>.</param>
    /// <param name="route">What it is about.</param>
    /// <param name="pushes">Whether clients may push there.</param>
    public static OciError? Check(HttpRequest request, OciRoute route, bool pushes)
    {
        var isRead = IsRead(request.Method);
        if (!pushes)
        {
            return isRead ? null : Refuse(request, Reads, OnlyPulls);
        }

        return (isRead && !IsBegin(route)) || IsOf(request.Method, Pushes(route))
            ? null
            : Refuse(request, IsBegin(route) ? Pushes(route) : $"{Reads}, {Pushes(route)}", OnlyThose);
    }

    private static bool IsBegin(OciRoute route) => route is { Kind: RouteKind.Upload, Session: null };

    private static string Pushes(OciRoute route) => route switch
    {
        { Kind: RouteKind.Upload, Session: null } => "POST",
        { Kind: RouteKind.Upload } => "PATCH, PUT, DELETE",
        { Kind: RouteKind.Manifest } => "PUT, DELETE",
        { Kind: RouteKind.Blob } => "DELETE",
        _ => "",
    };

    private static bool IsOf(string method, string methods) =>
        method.Length > 0 && methods.Split(", ").Contains(method, StringComparer.Ordinal);

    private static OciError Refuse(HttpRequest request, string allowed, OciError error)
    {
        request.HttpContext.Response.Headers.Allow = allowed;
        return error;
    }
}
