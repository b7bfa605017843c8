using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Gives bearer tokens by <c>GET /token?service=…&amp;scope=…</c>, to the user with the password or to everybody.</summary>
internal sealed class TokenService(LocalRegistry registry, LocalRegistryOptions options, BearerTokens tokens)
{
    private static readonly string[] Paths = ["/token", "/token/"];

    /// <summary>Whether a request to the registry's own port is for the token service.</summary>
    public bool IsAsked(HttpContext http) =>
        options is { Auth: RegistryAuth.Bearer, TokensElsewhere: false } && Paths.Contains(http.Request.Path.Value);

    public Task AnswerAsync(HttpContext http)
    {
        var isAsked = Paths.Contains(http.Request.Path.Value) && HttpMethods.IsGet(http.Request.Method);
        var entry = Visit.Entry(http, OriginName.Tokens, isAsked ? RequestKind.GetBearerToken : RequestKind.OtherRegistry);
        return Visit.RunAsync(registry, entry, http, () => isAsked
            ? GiveAsync(http)
            : Reply.TextAsync(http.Response, 404, "text/plain; charset=utf-8", "404 page not found\n"));
    }

    private Task GiveAsync(HttpContext http)
    {
        var sent = http.Request.Headers.Authorization.ToString();
        var isKnown = BasicCredentials.Parse(sent) == options.Credentials || tokens.AreToken(sent);
        if ((sent.Length > 0 && !isKnown) || (!isKnown && !options.AnonymousPull))
        {
            http.Response.Headers.WWWAuthenticate = $"Basic realm=\"{options.Name}\"";
            return Reply.OciErrorAsync(http.Response, 401, "UNAUTHORIZED", "authentication required");
        }

        if (http.Request.Query["service"] != options.Service)
        {
            return Reply.OciErrorAsync(http.Response, 400, "UNSUPPORTED", $"No service '{http.Request.Query["service"]}' here");
        }

        var asked = BearerScope.Asked(http.Request.Query);
        var token = tokens.Mint(isKnown ? asked : [.. asked.Select(BearerScope.PullOnly)]);
        return Reply.JsonAsync(http.Response, 200, "application/json", json =>
        {
            json.WriteStartObject();
            json.WriteString("token", token.Text);
            json.WriteString("access_token", token.Text);
            json.WriteNumber("expires_in", (long)token.Lifetime.TotalSeconds);
            json.WriteString("issued_at", token.IssuedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        });
    }
}
