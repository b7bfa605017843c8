using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Clients;

/// <summary>
/// Knows callers by signed tokens of issuers that the operator trusts: jobs of GitHub and GitLab, service accounts of Kubernetes.
/// A token comes as Bearer, or as the password of Basic, since that is all that <c>docker login</c> can send.
/// </summary>
internal sealed class JwtCallers : IClientWay, IDisposable
{
    /// <summary>Longest that a check counts: so long a withdrawn key, or a claim that is required anew, may go unnoticed.</summary>
    internal static readonly TimeSpan Remembered = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<TrustedIssuer> _issuers;
    private readonly CallerMemory _verified;

    /// <param name="issuers">Whose tokens are believed. Several may be the same issuer, for other audiences or claims.</param>
    /// <param name="fetch">What gets documents of one of them.</param>
    /// <param name="time">The clock of tokens and keys.</param>
    /// <param name="logger">Keys that change or cannot be had.</param>
    public JwtCallers(
        IReadOnlyList<IssuerOptions> issuers, Func<IssuerOptions, DocumentFetch> fetch, TimeProvider time, ILogger<JwtCallers> logger)
    {
        _verified = new CallerMemory(time);
        _issuers = [.. issuers.Select(Trust)];

        TrustedIssuer Trust(IssuerOptions issuer)
        {
            var source = new IssuerKeySource(issuer, fetch(issuer));
            return new TrustedIssuer(issuer, new IssuerKeys(issuer.Name, source.LoadAsync, source.Times, time, logger), time);
        }
    }

    public ClientWay Way => ClientWay.Jwt;

    /// <summary>Who showed exactly this token a while ago; null where nobody did.</summary>
    public Caller? Recall(ClientProof proof) => TokenOf(proof) is { } token ? _verified.Recall(token) : null;

    public async ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel)
    {
        if (TokenOf(proof) is not { } text)
        {
            return Recognition.Nothing;
        }

        if (_verified.Recall(text) is { } known)
        {
            return Recognition.Of(known);
        }

        var (token, problem) = CompactToken.Read(text);
        if (token is null)
        {
            return Recognition.Refused(problem!);
        }

        try
        {
            return await AskIssuersAsync(token, cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Recognition.Undecided("The proxy is stopping.");
        }
    }

    public void Dispose()
    {
        foreach (var issuer in _issuers)
        {
            issuer.Dispose();
        }
    }

    /// <summary>What the first says that knows the caller. An outage counts before a refusal: the token might be right.</summary>
    private async ValueTask<Recognition> AskIssuersAsync(CompactToken token, CancellationToken cancel)
    {
        var verdict = Recognition.Nothing;
        foreach (var issuer in _issuers.Where(issuer => issuer.Issuer == token.Issuer))
        {
            var recognition = await issuer.RecogniseAsync(token, cancel);
            if (recognition.Caller is { } caller)
            {
                var left = issuer.LeftOf(token);
                _verified.Remember(token.Text, caller, left < Remembered ? left : Remembered);
                return recognition;
            }

            verdict = verdict.Trouble is null ? recognition : verdict;
        }

        return verdict != Recognition.Nothing ? verdict : Recognition.Refused(
            $"a token of {(CallerName.IsUsable(token.Issuer) ? token.Issuer : "somebody")}, an issuer that is not trusted here");
    }

    private static string? TokenOf(ClientProof proof) =>
        (proof.Bearer ?? proof.Password) is { } token && CompactToken.LooksLikeOne(token) ? token : null;
}
