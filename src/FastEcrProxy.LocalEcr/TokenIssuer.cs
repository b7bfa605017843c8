using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FastEcrProxy.LocalEcr;

/// <summary>The registry tokens of one Region, for all its accounts: minted here, valid only here, until they expire.</summary>
internal sealed class TokenIssuer(LocalEcrOptions options)
{
    private const int PasswordBytes = 3300; // 4400 characters in Base64, and a third more in the header

    private readonly ConcurrentDictionary<string, RegistryToken> _byPassword = new();
    private int _minted;
    private volatile int _expiredUpTo;

    public enum Verdict { Missing, Invalid, Expired, Valid }

    public RegistryToken Mint(string accountId)
    {
        var serial = Interlocked.Increment(ref _minted);
        var password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(PasswordBytes));
        var token = new RegistryToken($"t{serial}", password, options.Clock.GetUtcNow() + options.TokenLifetime)
        {
            AccountId = accountId,
        };
        _byPassword[password] = token;
        return token;
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
