using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Shows the token that AWS gives: to private ECR registries, and to where ECR Public exchanges it for its own.</summary>
/// <param name="tokens">Other registries show the same.</param>
/// <param name="time">The clock by which a token is fresh.</param>
internal sealed class EcrAuth(TokenRefresher tokens, TimeProvider time) : IRegistryAuth
{
    public async ValueTask<Fetched<RegistryCredential>> ShowAsync(RegistryScope scope, CancellationToken cancel) =>
        await tokens.GetAsync(cancel) is { } token ? Of(token) : NoToken("There is no token for the registry");

    public async ValueTask<Fetched<RegistryCredential>?> RenewAsync(
        RegistryScope scope, RegistryCredential refused, RegistryRefusal refusal, CancellationToken cancel)
    {
        if (refused.Header is not { } header || !Verdict.RefusesToken(refusal.Method, refusal.Status, refusal.Error))
        {
            return null;
        }

        if (await tokens.RenewAsync(header, cancel) is { } fresh)
        {
            return Of(fresh);
        }

        if (IsLastWord(refusal, refused))
        {
            return null;
        }

        return NoToken($"The registry {refusal.Registry} refuses the token, and there is no new one");
    }

    private static Fetched<RegistryCredential> Of(EcrToken token) =>
        new RegistryCredential(token.Header) { Registry = token.Registry, IssuedAt = token.IssuedAt, ExpiresAt = token.ExpiresAt };

    /// <summary>
    /// Whether a refusal stands, though there is no other token. A bare 403 may mean a missing permission as well, and a
    /// registry that takes no token at all says 401 to one that AWS gave a moment ago, too.
    /// </summary>
    private bool IsLastWord(RegistryRefusal refusal, RegistryCredential refused) =>
        (refusal.Status == 403 && refusal.Error.Message.Length == 0)
        || (refusal.Status == 401 && time.GetUtcNow() < refused.IssuedAt + TokenRefresher.ForceAgainAfter);

    /// <summary>Whatever AWS says about it: with cached content at hand, no token is like no network.</summary>
    private Fetched<RegistryCredential> NoToken(string what) =>
        new FetchFailure(FetchError.Unreachable, $"{what}: {tokens.LastFailure?.Reason ?? "AWS has not answered yet."}");
}
