using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>A registry that sends everybody without a fitting token to its token service first.</summary>
internal sealed class BearerDoor(LocalRegistry registry, LocalRegistryOptions options, BearerTokens tokens) : IRegistryDoor
{
    public Admission Examine(HttpRequest request, RegistryPath path)
    {
        var verdict = tokens.Check(request.Headers.Authorization, out var token);
        var isBad = verdict is BearerTokens.Verdict.Invalid or BearerTokens.Verdict.Expired;
        return new(token?.Id, RefuseAsync: verdict switch
        {
            BearerTokens.Verdict.Missing => response => ChallengeAsync(response, path),
            _ when isBad && options.Manners.BadTokenIsBadRequest => BadRequestAsync,
            _ when isBad => response => ChallengeAsync(response, path, "invalid_token"),
            _ when !BearerScope.Covers(token!.Scopes, BearerScope.Of(path)) =>
                response => ChallengeAsync(response, path, "insufficient_scope"),
            _ => null,
        });
    }

    public Task ChallengeAsync(HttpResponse response, RegistryPath path) => ChallengeAsync(response, path, null);

    private static Task BadRequestAsync(HttpResponse response) => Reply.OciErrorAsync(
        response, 400, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");

    private Task ChallengeAsync(HttpResponse response, RegistryPath path, string? error)
    {
        var scope = options.Scope ?? BearerScope.Of(path);
        response.Headers.WWWAuthenticate = $"Bearer realm=\"{registry.TokenService}\",service=\"{options.Service}\""
            + (scope.Length > 0 ? $",scope=\"{scope}\"" : "")
            + (error is null ? "" : $",error=\"{error}\"");
        return Reply.OciErrorAsync(response, 401, "UNAUTHORIZED", "authentication required");
    }
}
