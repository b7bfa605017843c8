using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace FastEcrProxy.Clients;

/// <summary>Checks tokens of one issuer, and says who shows them.</summary>
internal sealed class TrustedIssuer(IssuerOptions options, IssuerKeys keys, TimeProvider time) : IDisposable
{
    // Clocks of machines that are kept right differ by less; what is longer lengthens every token's life.
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    private static readonly ClaimPath Subject = ClaimPath.TryParse("sub", out var path) ? path : throw new InvalidOperationException();

    private static readonly JsonWebTokenHandler Handler = new()
    {
        MaximumTokenSizeInBytes = CompactToken.LengthMax, MapInboundClaims = false,
    };

    /// <summary>What tokens call it.</summary>
    public string Issuer => options.Issuer;

    /// <summary>How long the token is good from now on; negative for one that is over.</summary>
    public TimeSpan LeftOf(CompactToken token) =>
        token.TimeOf("exp") is { } end ? end + Leeway - time.GetUtcNow() : TimeSpan.MinValue;

    /// <summary>Who shows the token, if everything about it is right.</summary>
    public async ValueTask<Recognition> RecogniseAsync(CompactToken token, CancellationToken cancel)
    {
        if (ProblemWithTimes(token) is { } timing)
        {
            return Refused(timing);
        }

        var (known, failure) = await keys.GetAsync(token.KeyId, cancel);
        if (known is null)
        {
            return Recognition.Undecided($"Tokens of {options.Name} cannot be checked: {failure!.Reason}");
        }

        if (known.Find(token.KeyId, token.Algorithm) is not { } key)
        {
            return Refused("is signed with a key that the issuer does not have, or not for this");
        }

        return await ProblemWithSignatureAsync(token, key) is { } problem ? Refused(problem) : Identify(token);
    }

    public void Dispose() => keys.Dispose();

    private string? ProblemWithTimes(CompactToken token)
    {
        if (token.TimeOf("exp") is not { } end)
        {
            return "does not say when it ends";
        }

        var now = time.GetUtcNow();
        if (now >= end + Leeway)
        {
            return $"is over since {(now - end).TotalSeconds:0} s";
        }

        if (!token.Claims.TryGetProperty("nbf", out _))
        {
            return null;
        }

        return token.TimeOf("nbf") is not { } begin ? "does not say rightly when it begins"
            : now < begin - Leeway ? $"begins in {(begin - now).TotalSeconds:0} s only: look at the clocks"
            : null;
    }

    /// <summary>Signature, issuer and audience. The token's times have been looked at, by the clock that tests can move.</summary>
    private async ValueTask<string?> ProblemWithSignatureAsync(CompactToken token, JsonWebKey key)
    {
        var algorithms = new CryptoProviderFactory { CacheSignatureProviders = false }; // a token is checked once
        var wanted = new TokenValidationParameters
        {
            ValidIssuer = options.Issuer,
            ValidAudiences = options.Audiences,
            ValidateLifetime = false,
            RequireExpirationTime = false,
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [token.Algorithm],
            CryptoProviderFactory = algorithms,
        };
        try
        {
            var result = await Handler.ValidateTokenAsync(token.Text, wanted);
            return result.IsValid ? null : Describe(result.Exception);
        }
        catch (Exception error) when (error is SecurityTokenException or ArgumentException or CryptographicException or FormatException)
        {
            return Describe(error);
        }
    }

    private static string Describe(Exception error) => error switch
    {
        SecurityTokenInvalidAudienceException => "is for somebody else (aud)",
        SecurityTokenInvalidIssuerException => "is of another issuer (iss)",
        SecurityTokenInvalidSignatureException or SecurityTokenSignatureKeyNotFoundException => "has a signature that is wrong",
        _ => "is not written as tokens are",
    };

    private Recognition Identify(CompactToken token)
    {
        if (RequiredClaim.FirstMissing(options.RequiredClaims, token.Claims) is { } missing)
        {
            return Refused($"does not say what it has to say as {missing}");
        }

        var nameClaim = options.NameClaim ?? Subject;
        if (nameClaim.Find(token.Claims) is not { ValueKind: JsonValueKind.String } name
            || !CallerName.IsUsable(name.GetString()!))
        {
            return Refused($"has no name as {nameClaim}");
        }

        var groups = options.GroupsClaim?.Texts(token.Claims) ?? [];
        return groups.All(CallerName.IsUsable)
            ? Recognition.Of(new Caller(Named(name.GetString()!), ClientWay.Jwt) { Groups = [.. groups.Select(Named)] })
            : Refused($"has groups without a name as {options.GroupsClaim}");
    }

    private string Named(string claim) => $"{options.Name}{CallerName.Separator}{claim}";

    private Recognition Refused(string what) => Recognition.Refused($"a token of {options.Name} that {what}");
}
