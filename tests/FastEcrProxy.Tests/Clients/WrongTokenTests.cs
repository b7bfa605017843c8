using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

/// <summary>Whatever is wrong with a token, nobody is known by it, and the log says why without showing it.</summary>
public sealed class WrongTokenTests : IDisposable
{
    private const string Header = """{"alg":"RS256","kid":"rsa"}""";

    private readonly JwtRig _rig = new();

    private string Payload => _rig.Claims.ToJsonString();

    [Theory]
    [InlineData("""{"alg":"none","kid":"rsa"}""")]
    [InlineData("""{"alg":"None","kid":"rsa"}""")]
    [InlineData("""{"alg":"","kid":"rsa"}""")]
    [InlineData("""{"alg":"HS256","kid":"rsa"}""")]
    [InlineData("""{"alg":"rs256","kid":"rsa"}""")]
    [InlineData("""{"alg":["RS256"],"kid":"rsa"}""")]
    [InlineData("""{"kid":"rsa"}""")]
    public void AlgorithmThatIsNotTaken_IsRefused(string header)
    {
        AssertRefused("not signed by one of the ways", _rig.Issuer.Sign(Payload, header));
        AssertRefused("not signed by one of the ways", $"{TestIssuer.Part(header)}.{TestIssuer.Part(Payload)}.");
        Assert.Empty(_rig.Fetched);
    }

    [Fact]
    public void PublicKeyAsSharedSecret_IsRefused()
    {
        var signed = $"{TestIssuer.Part("""{"alg":"HS256","kid":"rsa"}""")}.{TestIssuer.Part(Payload)}";
        var signature = HMACSHA256.HashData(_rig.Issuer.PublicKeyPem("rsa"), Encoding.ASCII.GetBytes(signed));

        AssertRefused("not signed by one of the ways", $"{signed}.{Base64Url.EncodeToString(signature)}");
    }

    [Theory]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("PS256")]
    [InlineData("RS512")]
    public void AlgorithmThatIsNotTheKeys_IsRefused(string algorithm) =>
        AssertRefused("of ci that ", _rig.Issuer.Sign(Payload, $$"""{"alg":"{{algorithm}}","kid":"rsa"}"""));

    [Fact]
    public void CurveThatIsNotTheAlgorithms_IsRefused()
    {
        _rig.Issuer.AddEc("ec", "P-384");

        AssertRefused("a key that the issuer does not have, or not for this", _rig.Issuer.Sign(_rig.Claims, "ec", "ES256"));
    }

    [Theory]
    [InlineData("""{"alg":"RS256"}""", "which key")]
    [InlineData("""{"alg":"RS256","kid":""}""", "which key")]
    [InlineData("""{"alg":"RS256","kid":7}""", "which key")]
    [InlineData("""{"alg":"RS256","kid":"other"}""", "a key that the issuer does not have")]
    [InlineData("""{"alg":"RS256","kid":"RSA"}""", "a key that the issuer does not have")]
    [InlineData("""{"alg":"RS256","kid":"rsa","crit":["exp"],"exp":1}""", "extensions")]
    [InlineData("""{"alg":"RS256","kid":"rsa","typ":"logout+jwt"}""", "of a type")]
    [InlineData("""{"alg":"RS256","kid":"rsa","kid":"rsa"}""", "not written as tokens are")]
    [InlineData("""{"alg":"none","alg":"RS256","kid":"rsa"}""", "not written as tokens are")]
    [InlineData("""{"alg":"RS256","kid":"rsa"} """ + "x", "not written as tokens are")]
    public void HeaderThatIsWrong_IsRefused(string header, string why) => AssertRefused(why, _rig.Issuer.Sign(Payload, header));

    [Theory]
    [InlineData("exp", "-31", "is over since 31 s")]
    [InlineData("exp", null, "when it ends")]
    [InlineData("exp", "\"never\"", "when it ends")]
    [InlineData("exp", "-1e300", "is over")]
    [InlineData("nbf", "31", "begins in 31 s only")]
    [InlineData("nbf", "\"now\"", "rightly when it begins")]
    [InlineData("nbf", "1e300", "begins in")]
    [InlineData("iss", "\"https://issuer.example.com/\"", "an issuer that is not trusted here")]
    [InlineData("iss", "\"https://issuer.example.com.evil.example\"", "an issuer that is not trusted here")]
    [InlineData("iss", "\"\\u001b[31m\"", "a token of somebody, an issuer")]
    [InlineData("iss", "[\"https://issuer.example.com\"]", "a token without issuer")]
    [InlineData("iss", null, "a token without issuer")]
    [InlineData("aud", "\"sts.example.com\"", "is for somebody else (aud)")]
    [InlineData("aud", "\"REGISTRY.example.com\"", "is for somebody else (aud)")]
    [InlineData("aud", "[]", "is for somebody else (aud)")]
    [InlineData("aud", null, "is for somebody else (aud)")]
    [InlineData("sub", null, "has no name as sub")]
    [InlineData("sub", "[\"a\"]", "not written as tokens are")]
    [InlineData("exp", "1e300", "not written as tokens are")]
    public void ClaimThatIsWrong_IsRefused(string claim, string? value, string why)
    {
        var claims = _rig.Claims;
        claims.Remove(claim);
        if (value is not null)
        {
            claims[claim] = claim is "exp" or "nbf" && long.TryParse(value, out var seconds)
                ? _rig.Time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds()
                : JsonNode.Parse(value);
        }

        AssertRefused(why, _rig.Issuer.Sign(claims));
    }

    [Theory]
    [InlineData("exp", "-29")]
    [InlineData("nbf", "30")]
    public void ClocksThatDifferALittle_AreForgiven(string claim, string seconds)
    {
        var claims = _rig.Claims;
        claims[claim] = _rig.Time.GetUtcNow().AddSeconds(long.Parse(seconds)).ToUnixTimeSeconds();

        Assert.NotNull(_rig.Recognise(_rig.Issuer.Sign(claims)).Caller);
    }

    [Fact]
    public void ClaimThatStandsThereTwice_IsRefused()
    {
        var twice = Payload.Replace("\"sub\":", "\"sub\":\"repo:acme/admin\",\"sub\":", StringComparison.Ordinal);
        var escaped = Payload.Replace("\"sub\":", "\"s\\u0075b\":\"repo:acme/admin\",\"sub\":", StringComparison.Ordinal);

        AssertRefused("not written as tokens are", _rig.Issuer.Sign(twice, Header));
        AssertRefused("not written as tokens are", _rig.Issuer.Sign(escaped, Header));
    }

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00\\ud800")]
    public void TextThatIsNone_IsRefused(string text)
    {
        var claim = Payload[..^1] + $",\"a\":\"{text}\"}}";
        var name = Payload[..^1] + $",\"{text}\":1}}";

        AssertRefused("not written as tokens are", _rig.Issuer.Sign(claim, Header));
        AssertRefused("not written as tokens are", _rig.Issuer.Sign(name, Header));
        AssertRefused("not written as tokens are", _rig.Issuer.Sign(Payload, $$"""{"alg":"RS256","kid":"{{text}}"}"""));
    }

    [Fact]
    public void TokenOfAnotherWithTheSameKeyName_IsRefused() =>
        AssertRefused("a signature that is wrong", new TestIssuer().Sign(_rig.Claims));

    [Fact]
    public void ClaimsOfAnotherToken_AreRefused()
    {
        var (mine, others) = (_rig.Issuer.Sign(_rig.Claims).Split('.'), _rig.Claims);
        others["sub"] = "repo:acme/admin";

        AssertRefused("a signature that is wrong", $"{mine[0]}.{TestIssuer.Part(others.ToJsonString())}.{mine[2]}");
        AssertRefused("a signature that is wrong", $"{mine[0]}.{mine[1]}.");
    }

    [Fact]
    public void TokenThatIsTooLong_IsNotLookedAt()
    {
        var claims = _rig.Claims;
        claims["more"] = new string('x', CompactToken.LengthMax);

        AssertRefused($"at most {CompactToken.LengthMax} are looked at", _rig.Issuer.Sign(claims));
        Assert.Empty(_rig.Fetched);
    }

    [Theory]
    [InlineData("ey..")]
    [InlineData("eyJ9.e30.e30")]
    [InlineData("ey.ey.ey")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.bnVsbA.AA")]
    [InlineData("eyJhbGciOiJSUzI1NiJ9.W10.AA")]
    public void Rubbish_IsRefused(string token) => Assert.NotNull(_rig.Recognise(token).Refusal);

    [Fact]
    public void DeepClaims_AreRefused()
    {
        var deep = Payload[..^1] + ",\"d\":" + new string('[', 2000) + new string(']', 2000) + "}";

        AssertRefused("not written as tokens are", _rig.Issuer.Sign(deep, Header));
    }

    [Fact]
    public void NoBitCanBeChanged()
    {
        _rig.Issuer.AddEc("ec", "P-256");
        var token = _rig.Issuer.Sign(_rig.Claims, "ec", "ES256");
        Assert.NotNull(_rig.Recognise(token).Caller);

        // All characters, each of their bits: what looks like another kind of secret is none of this way's business.
        var accepted =
            from at in Enumerable.Range(0, token.Length)
            from bit in Enumerable.Range(0, 8)
            let changed = token[..at] + (char)(token[at] ^ (1 << bit)) + token[(at + 1)..]
            where _rig.Recognise(changed).Caller is not null
            select $"{at}, {bit}";
        Assert.Empty(accepted);
    }

    public void Dispose() => _rig.Dispose();

    private void AssertRefused(string why, string token)
    {
        var recognition = _rig.Recognise(token);

        Assert.Null(recognition.Caller);
        Assert.Contains(why, recognition.Refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(token.Split('.')[2].PadRight(8), recognition.Refusal!, StringComparison.Ordinal);
    }
}
