using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.LocalEcr;

/// <summary>The bearer tokens of one registry. Opaque to clients, as they should take all of them.</summary>
internal sealed class BearerTokens(LocalRegistryOptions options, TimeProvider clock)
{
    private const int TokenBytes = 900; // about as long as real ones

    private readonly ConcurrentDictionary<string, Token> _byText = new();
    private int _minted;
    private volatile int _expiredUpTo;

    public enum Verdict { Missing, Invalid, Expired, Valid }

    public Token Mint(IReadOnlyList<string> scopes) =>
        Keep(Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes)), scopes);

    /// <summary>
    /// A token for everything that is Base64 of a user name and a password: as ECR Public's, which can be sent as a bearer token
    /// as it is, or shown to the token service as what it is (user guide of ECR Public, "Registry authentication").
    /// </summary>
    public Token MintForUser(string user)
    {
        var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes));
        return Keep(Convert.ToBase64String(Encoding.ASCII.GetBytes($"{user}:{password}")), [BearerScope.Everything]);
    }

    /// <summary>Whether Basic credentials are a token that is good.</summary>
    public bool AreToken(string authorization)
    {
        const string scheme = "Basic ";
        return authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && Check("Bearer " + authorization[scheme.Length..], out _) == Verdict.Valid;
    }

    /// <summary>Every token minted up to now is expired from now on; later ones are good.</summary>
    public void ExpireAll() => _expiredUpTo = Volatile.Read(ref _minted);

    public Verdict Check(string? authorization, out Token? token)
    {
        const string scheme = "Bearer ";
        token = null;
        if (string.IsNullOrEmpty(authorization))
        {
            return Verdict.Missing;
        }

        if (!authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            || !_byText.TryGetValue(authorization[scheme.Length..].Trim(), out token))
        {
            return Verdict.Invalid;
        }

        var isExpired = token.Serial <= _expiredUpTo || token.IssuedAt + token.Lifetime <= clock.GetUtcNow();
        return isExpired ? Verdict.Expired : Verdict.Valid;
    }

    private Token Keep(string text, IReadOnlyList<string> scopes) => _byText[text] = new Token(
        Interlocked.Increment(ref _minted), text, scopes, clock.GetUtcNow(), options.TokenLifetime);

    /// <summary>One token.</summary>
    public sealed record Token(int Serial, string Text, IReadOnlyList<string> Scopes, DateTimeOffset IssuedAt, TimeSpan Lifetime)
    {
        public string Id => $"b{Serial}";

        public override string ToString() => $"bearer token {Id}";
    }
}
