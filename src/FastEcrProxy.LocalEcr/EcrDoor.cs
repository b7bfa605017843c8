using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Private ECR: Basic with a token of the Region, and its own way of saying that it is missing or expired.</summary>
internal sealed class EcrDoor(LocalRegion region) : IRegistryDoor
{
    public Admission Examine(HttpRequest request, RegistryPath path)
    {
        var verdict = region.Tokens.Check(request.Headers.Authorization, out var token);
        return new(token?.Id, token?.AccountId, verdict switch
        {
            TokenIssuer.Verdict.Missing or TokenIssuer.Verdict.Invalid => response => ChallengeAsync(response, path),
            TokenIssuer.Verdict.Expired => ExpiredAsync,
            _ => null,
        })
        {
            Identity = token?.Identity,
        };
    }

    public Task ChallengeAsync(HttpResponse response, RegistryPath path)
    {
        response.Headers.WWWAuthenticate = $"Basic realm=\"https://{region.Registry.Authority}/\",service=\"ecr.amazonaws.com\"";
        return Reply.TextAsync(response, 401, "text/plain; charset=utf-8", "Not Authorized\n");
    }

    private static Task ExpiredAsync(HttpResponse response) => Reply.OciErrorAsync(
        response, 403, "DENIED", "Your authorization token has expired. Reauthenticate and try again.");
}
