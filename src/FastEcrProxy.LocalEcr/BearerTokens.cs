using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FastEcrProxy.LocalEcr;

/// <summary>The bearer tokens of one registry. Opaque to clients, as they should take all of them.</summary>
internal sealed class BearerTokens(LocalRegistryOptions options, TimeProvider clock)
{
    private const int TokenBytes = 900; // about as long as real ones

    private readonly ConcurrentDictionary<string, Token> _byText = new();
    private int _minted;
    private volatile int _expiredUpTo;

    public enum Verdict { Missing, Invalid, Expired, Valid }

    public Token Mint(IReadOnlyList<string> scopes)
    {
        var serial = Interlocked.Increment(ref _minted);
        var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        return _byText[text] = new Token(serial, text, scopes, clock.GetUtcNow(), options.TokenLifetime);
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

    /// <summary>One token.</summary>
    public sealed record Token(int Serial, string Text, IReadOnlyList<string> Scopes, DateTimeOffset IssuedAt, TimeSpan Lifetime)
    {
        public string Id => $"b{Serial}";

        public override string ToString() => $"bearer token {Id}";
    }
}
