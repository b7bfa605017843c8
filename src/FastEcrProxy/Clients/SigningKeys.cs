using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FastEcrProxy.Oci;
using Microsoft.IdentityModel.Tokens;

namespace FastEcrProxy.Clients;

/// <summary>The keys that an issuer signs with, as it publishes them. Form: RFC 7517, a JWK set.</summary>
internal sealed class SigningKeys
{
    private const int RsaBitsMin = 2048; // NIST SP 800-131A; every issuer has these or longer
    private const int RsaBitsMax = 8192; // what takes longer to check than it is worth

    /// <summary>Only what needs a private key to sign: with a shared one, whoever can check could also issue.</summary>
    private static readonly Dictionary<string, string> CurveByAlgorithm = new(StringComparer.Ordinal)
    {
        ["RS256"] = "", ["RS384"] = "", ["RS512"] = "",
        ["PS256"] = "", ["PS384"] = "", ["PS512"] = "",
        ["ES256"] = "P-256", ["ES384"] = "P-384", ["ES512"] = "P-521",
    };

    private readonly ILookup<string, JsonWebKey> _byId;
    private readonly byte[] _source;

    private SigningKeys(ILookup<string, JsonWebKey> byId, byte[] source) => (_byId, _source) = (byId, source);

    public int Count => _byId.Count;

    public static bool IsAlgorithmKnown(string algorithm) => CurveByAlgorithm.ContainsKey(algorithm);

    /// <summary>Reads a set; keys that nothing can be checked with here are left out.</summary>
    /// <param name="json">The document.</param>
    /// <param name="from">Where it is from, for the sentence.</param>
    public static Fetched<SigningKeys> Read(byte[] json, string from)
    {
        try
        {
            var keys = new JsonWebKeySet(Encoding.UTF8.GetString(json)).Keys.Where(IsUsable).ToLookup(static key => key.Kid);
            return keys.Count > 0
                ? new SigningKeys(keys, json)
                : new FetchFailure(FetchError.BadAnswer, $"{from} has no key with a name that tokens are signed with.");
        }
        catch (Exception error) when (error is ArgumentException or JsonException or FormatException or InvalidOperationException
            or CryptographicException)
        {
            return new FetchFailure(FetchError.BadAnswer, $"{from} is no set of keys (JWKS).");
        }
    }

    /// <summary>Whether there is a key of that name.</summary>
    public bool Contains(string keyId) => _byId.Contains(keyId);

    /// <summary>The key of that name, if it is one for that algorithm.</summary>
    public JsonWebKey? Find(string keyId, string algorithm) => _byId[keyId].FirstOrDefault(key => Fits(key, algorithm));

    /// <summary>Whether both were read from the same text.</summary>
    public bool IsSameAs(SigningKeys? other) => other is not null && _source.AsSpan().SequenceEqual(other._source);

    private static bool IsUsable(JsonWebKey key) =>
        !string.IsNullOrEmpty(key.Kid)
        && key.Use is null or "" or "sig"
        && (key.KeyOps.Count == 0 || key.KeyOps.Contains("verify"))
        && CurveByAlgorithm.Keys.Any(algorithm => Fits(key, algorithm));

    private static bool Fits(JsonWebKey key, string algorithm)
    {
        if (!string.IsNullOrEmpty(key.Alg) && key.Alg != algorithm)
        {
            return false;
        }

        return CurveByAlgorithm[algorithm] is { Length: > 0 } curve
            ? key.Kty == "EC" && key.Crv == curve && !string.IsNullOrEmpty(key.X) && !string.IsNullOrEmpty(key.Y)
            : key.Kty == "RSA" && !string.IsNullOrEmpty(key.E) && !string.IsNullOrEmpty(key.N)
                && key.KeySize is >= RsaBitsMin and <= RsaBitsMax;
    }
}
