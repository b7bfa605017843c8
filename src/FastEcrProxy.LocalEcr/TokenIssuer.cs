using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.LocalEcr;

/// <summary>The registry tokens of one Region, for all its accounts: minted here, valid only here, until they expire.</summary>
internal sealed class TokenIssuer(LocalEcrOptions options)
{
    private const int PayloadBytes = 2430; // some 4400 characters in Base64 of Base64, and a third more in the header

    private readonly ConcurrentDictionary<string, RegistryToken> _byPassword = new();
    private int _minted;
    private volatile int _expiredUpTo;

    public enum Verdict { Missing, Invalid, Expired, Valid }

    public RegistryToken Mint(string accountId, LocalIdentity? identity = null)
    {
        var serial = Interlocked.Increment(ref _minted);
        var expires = options.Clock.GetUtcNow() + options.TokenLifetime;
        var token = new RegistryToken($"t{serial}", NewPassword(expires), expires)
        {
            AccountId = accountId,
            Identity = identity,
        };
        _byPassword[token.Password] = token;
        return token;
    }

    /// <summary>Base64 of JSON, as real ones are: what only AWS can read, and when it ends.</summary>
    private static string NewPassword(DateTimeOffset expires)
    {
        var payload = Convert.ToBase64String(RandomNumberGenerator.GetBytes(PayloadBytes));
        var text = $$"""{"payload":"{{payload}}","version":"2","type":"DATA_KEY","expiration":{{expires.ToUnixTimeSeconds()}}}""";
        return Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>Every token minted up to now is expired from now on; later ones are good.</summary>
    public void ExpireAll() => _expiredUpTo = Volatile.Read(ref _minted);

    public Verdict Check(string? authorization, out RegistryToken? token)
    {
        token = null;
        if (string.IsNullOrEmpty(authorization))
        {
            return Verdict.Missing;
        }

        if (BasicCredentials.Parse(authorization) is not { User: "AWS" } sent || !_byPassword.TryGetValue(sent.Password, out token))
        {
            return Verdict.Invalid;
        }

        var serial = int.Parse(token.Id.AsSpan(1));
        return serial <= _expiredUpTo || token.ExpiresAt <= options.Clock.GetUtcNow() ? Verdict.Expired : Verdict.Valid;
    }
}
