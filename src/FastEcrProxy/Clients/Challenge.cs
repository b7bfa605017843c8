using FastEcrProxy.Oci;

namespace FastEcrProxy.Clients;

/// <summary>
/// What a client is told that has to say who it is: <c>WWW-Authenticate</c>, in a form that every client of registries reads.
/// </summary>
/// <remarks>
/// docker and podman take the challenge from their ping alone, containerd from whatever was refused. Forms: RFC 7617 section 2;
/// distribution, "Token Authentication Specification". Of several, clients take Bearer; so there is one.
/// </remarks>
internal static class Challenge
{
    /// <summary>The path where tokens are to be had.</summary>
    public const string TokenPath = "/token";

    /// <summary>The token has expired, or nobody knows it: without this word containerd shows the same one again.</summary>
    public const string InvalidToken = "invalid_token";

    /// <summary>The token does not do: another one might.</summary>
    public const string InsufficientScope = "insufficient_scope";

    /// <summary>Asks for user and password.</summary>
    public static string Basic(string host) => $"Basic realm=\"{host}\", charset=\"UTF-8\"";

    /// <summary>Asks for a token.</summary>
    /// <param name="address">How the client comes here: <c>https://registry.example.com</c>.</param>
    /// <param name="host">What the client calls the proxy, with port.</param>
    /// <param name="repository">What it wants to do something with; default: nothing of which the name matters.</param>
    /// <param name="actions">What it wants: <c>pull</c>, <c>pull,push</c>.</param>
    /// <param name="error">What is wrong with the token that it showed, as one of the two above; null for one that showed none.</param>
    public static string Bearer(string address, string host, Repository repository, string? actions, string? error)
    {
        var scope = actions is null ? "" : $",scope=\"repository:{repository}:{actions}\"";
        var reason = error is null ? "" : $",error=\"{error}\"";
        return $"Bearer realm=\"{address}{TokenPath}\",service=\"{host}\"{scope}{reason}";
    }
}
