using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FastEcrProxy.Tests.Clients;

/// <summary>An issuer with keys of its own, which signs whatever a test likes, right or wrong.</summary>
internal sealed class TestIssuer
{
    public const string Url = "https://issuer.example.com";
    public const string Audience = "registry.example.com";

    private static readonly Dictionary<string, ECCurve> Curves = new()
    {
        ["P-256"] = ECCurve.NamedCurves.nistP256, ["P-384"] = ECCurve.NamedCurves.nistP384, ["P-521"] = ECCurve.NamedCurves.nistP521,
    };

    private readonly Dictionary<string, AsymmetricAlgorithm> _keys = [];
    private readonly JsonArray _published = [];

    /// <summary>With an RSA key called <c>rsa</c>, unless said otherwise.</summary>
    public TestIssuer(bool withKey = true)
    {
        if (withKey)
        {
            AddRsa("rsa");
        }
    }

    public byte[] KeySet => Encoding.UTF8.GetBytes(new JsonObject { ["keys"] = _published.DeepClone() }.ToJsonString());

    public static byte[] Configuration(string issuer = Url, string keys = Url + "/keys") =>
        Encoding.UTF8.GetBytes(new JsonObject { ["issuer"] = issuer, ["jwks_uri"] = keys }.ToJsonString());

    /// <summary>Claims that everything is right about, at that time.</summary>
    public static JsonObject Claims(DateTimeOffset now) => new()
    {
        ["iss"] = Url,
        ["aud"] = Audience,
        ["sub"] = "repo:acme/app",
        ["iat"] = now.ToUnixTimeSeconds(),
        ["nbf"] = now.ToUnixTimeSeconds(),
        ["exp"] = now.AddMinutes(10).ToUnixTimeSeconds(),
    };

    /// <summary>A text as a part of a token.</summary>
    public static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    public TestIssuer AddRsa(string id, int bits = 2048, Action<JsonObject>? change = null)
    {
        var key = RSA.Create(bits);
        var numbers = key.ExportParameters(includePrivateParameters: false);
        return Add(id, key, change, new JsonObject
        {
            ["kty"] = "RSA", ["kid"] = id, ["use"] = "sig",
            ["n"] = Base64Url.EncodeToString(numbers.Modulus), ["e"] = Base64Url.EncodeToString(numbers.Exponent),
        });
    }

    public TestIssuer AddEc(string id, string curve, Action<JsonObject>? change = null)
    {
        var key = ECDsa.Create(Curves[curve]);
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return Add(id, key, change, new JsonObject
        {
            ["kty"] = "EC", ["kid"] = id, ["crv"] = curve,
            ["x"] = Base64Url.EncodeToString(point.X), ["y"] = Base64Url.EncodeToString(point.Y),
        });
    }

    /// <summary>The public key as an attacker has it, to be used as a shared secret.</summary>
    public byte[] PublicKeyPem(string id) => Encoding.UTF8.GetBytes(((RSA)_keys[id]).ExportSubjectPublicKeyInfoPem());

    public string Sign(JsonObject claims, string key = "rsa", string algorithm = "RS256") =>
        Sign(claims.ToJsonString(), $$"""{"alg":"{{algorithm}}","kid":"{{key}}","typ":"JWT"}""", key, algorithm);

    /// <summary>Header and claims as they are given, wrong or not.</summary>
    public string Sign(string claims, string header, string key = "rsa", string algorithm = "RS256")
    {
        var signed = $"{Part(header)}.{Part(claims)}";
        var hash = algorithm[2..] switch
        {
            "384" => HashAlgorithmName.SHA384,
            "512" => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };
        var bytes = Encoding.ASCII.GetBytes(signed);
        var padding = algorithm[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        var signature = _keys[key] is RSA rsa ? rsa.SignData(bytes, hash, padding) : ((ECDsa)_keys[key]).SignData(bytes, hash);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>No longer published; it can still sign.</summary>
    public void Withdraw(string id)
    {
        var published = _published.Single(key => (string?)key!["kid"] == id);
        _published.Remove(published);
    }

    private TestIssuer Add(string id, AsymmetricAlgorithm key, Action<JsonObject>? change, JsonObject published)
    {
        change?.Invoke(published);
        _keys[id] = key;
        _published.Add((JsonNode)published);
        return this;
    }
}
