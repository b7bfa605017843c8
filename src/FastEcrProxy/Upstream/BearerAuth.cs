using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Shows a token from the service that the registry names in its challenge. The first question goes without one; from the
/// challenge on, the service is known, and is asked before the registry is.
/// </summary>
/// <remarks>Protocol: RFC 6750 and the distribution token specification.</remarks>
internal sealed class BearerAuth : IRegistryAuth
{
    private readonly TokenService _service;
    private readonly BearerTokens _tokens;
    private readonly TokenQuestion? _only;
    private volatile TokenQuestion? _learned;

    /// <param name="service">Gives the tokens.</param>
    /// <param name="only">The one question that all requests share, where the registry has no scopes; or null.</param>
    /// <param name="time">The clock of tokens.</param>
    public BearerAuth(TokenService service, TokenQuestion? only, TimeProvider time) =>
        (_service, _only, _tokens) = (service, only, new BearerTokens(service.AskAsync, time));

    /// <summary>Nothing too where the service refuses: the question may have been a guess, and the registry says what it wants.</summary>
    public async ValueTask<Fetched<RegistryCredential>> ShowAsync(RegistryScope scope, CancellationToken cancel)
    {
        if (QuestionFor(Key(scope)) is not { } question)
        {
            return RegistryCredential.Nothing;
        }

        var got = await _tokens.GetAsync(Key(scope), question, cancel);
        return got.Failure is { Error: FetchError.Refused } ? RegistryCredential.Nothing : Shown(got);
    }

    public async ValueTask<Fetched<RegistryCredential>?> RenewAsync(
        RegistryScope scope, RegistryCredential refused, RegistryRefusal refusal, CancellationToken cancel)
    {
        var key = Key(scope);
        var challenges = AuthChallenge.Parse(refusal.Challenge);
        var challenge = refusal.Status == 400 ? null : AuthChallenge.Find(challenges, AuthChallenge.Bearer);
        if (!IsAboutTheToken(key, refused, refusal, challenge))
        {
            return AuthChallenge.IsOnly(AuthChallenge.Basic, challenges) ? TakesPasswords(refusal) : default(Fetched<RegistryCredential>?);
        }

        var (question, failure) = QuestionOf(scope, challenge, refusal.Registry);
        if (question is null)
        {
            return failure is null ? default(Fetched<RegistryCredential>?) : failure;
        }

        if (refused.Header is not { } header)
        {
            return Shown(await _tokens.GetAsync(key, question, cancel));
        }

        var renewed = await _tokens.RenewAsync(key, question, header, cancel);
        return renewed is { } token ? Shown(token) : default(Fetched<RegistryCredential>?);
    }

    /// <summary>
    /// Whether another token may help. A HEAD that is refused for no reason is asked again as a GET, which finds out: some
    /// registries refuse every HEAD (ECR Public those of blobs), and a token for each would be one too many.
    /// </summary>
    private bool IsAboutTheToken(RegistryScope key, RegistryCredential refused, RegistryRefusal refusal, AuthChallenge? challenge)
    {
        var wasShown = refused.Header is not null;
        return (refusal.Status, challenge) switch
        {
            (401 or 403, _) when wasShown && refusal.Method == HttpMethod.Head && _only is not null => false,
            (_, { Error: "insufficient_scope" }) when wasShown => _tokens.QuestionOf(key)?.Scope != ScopeOf(key, challenge),
            (_, { Error: "invalid_token" }) => true,
            (401 or 403, _) when wasShown && refusal.Method == HttpMethod.Head => false,
            (_, not null) => true,
            (401, null) => wasShown,
            // ECR Public says 400 to a token that is over, and to HEAD nothing else.
            (400, null) when wasShown && refusal.Method == HttpMethod.Head => true,
            _ => wasShown && Verdict.RefusesToken(refusal.Method, refusal.Status, refusal.Error),
        };
    }

    /// <summary>What to ask for, from the challenge, or as before where there is none: nothing, if there is no before.</summary>
    private Fetched<TokenQuestion> QuestionOf(RegistryScope scope, AuthChallenge? challenge, RegistryAddress registry)
    {
        if (_only is not null || challenge is null)
        {
            return new(QuestionFor(Key(scope)), null);
        }

        var (realm, failure) = _service.Check(challenge.Realm, registry);
        if (realm is null)
        {
            return failure!;
        }

        var question = new TokenQuestion(realm, challenge.Service, ScopeOf(scope, challenge));
        _learned = question;
        return question;
    }

    private TokenQuestion? QuestionFor(RegistryScope key) =>
        _only ?? _tokens.QuestionOf(key) ?? (_learned is { } learned ? learned with { Scope = key.Text } : null);

    private RegistryScope Key(RegistryScope scope) => _only is { } only ? new RegistryScope(only.Scope) : scope;

    private static string ScopeOf(RegistryScope scope, AuthChallenge challenge) => challenge.Scope ?? scope.Text;

    private static Fetched<RegistryCredential> Shown(Fetched<BearerToken> token) =>
        token.Value is { } at ? new RegistryCredential(at.Header) : token.Failure!;

    private static Fetched<RegistryCredential> TakesPasswords(RegistryRefusal refusal) => new FetchFailure(
        FetchError.Refused,
        $"{refusal.Registry} takes a user and a password, not tokens: set Auth to basic for it.") { Status = refusal.Status };
}
