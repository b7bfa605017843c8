using System.Net;
using System.Text.Json.Nodes;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

/// <summary>Who is known by which token, and who is not.</summary>
public sealed class JwtCallersTests : IDisposable
{
    private readonly JwtRig _rig = new();

    public static TheoryData<string, string> Algorithms => new()
    {
        { "RS256", "" }, { "RS384", "" }, { "RS512", "" }, { "PS256", "" }, { "PS384", "" }, { "PS512", "" },
        { "ES256", "P-256" }, { "ES384", "P-384" }, { "ES512", "P-521" },
    };

    [Theory, MemberData(nameof(Algorithms))]
    public void TokenSignedByTheIssuer_IsItsSubject(string algorithm, string curve)
    {
        if (curve.Length > 0)
        {
            _rig.Issuer.AddEc("ec", curve);
        }

        var recognition = _rig.Recognise(_rig.Issuer.Sign(_rig.Claims, curve.Length > 0 ? "ec" : "rsa", algorithm));

        Assert.Equal(("ci:repo:acme/app", ClientWay.Jwt), (recognition.Caller?.Name, recognition.Caller?.Way));
        Assert.Empty(recognition.Caller!.Groups);
    }

    [Fact]
    public async Task TokenAsPassword_IsItsSubjectWhateverTheUser()
    {
        var proof = new ClientProof(IPAddress.Loopback, User: "whoever", Password: _rig.Issuer.Sign(_rig.Claims));

        Assert.Equal("ci:repo:acme/app", (await _rig.RecogniseAsync(proof)).Caller?.Name);
    }

    [Theory]
    [InlineData("hunter2")]
    [InlineData("a.b.c")]
    [InlineData("eyJwYXlsb2FkIjoi")] // how a token of ECR begins
    [InlineData("")]
    public async Task OtherPasswordsAndTokens_AreNoneOfThisWaysBusiness(string text)
    {
        Assert.Equal(Recognition.Nothing, await _rig.RecogniseAsync(new ClientProof(IPAddress.Loopback, "user", text)));
        Assert.Equal(Recognition.Nothing, await _rig.RecogniseAsync(new ClientProof(IPAddress.Loopback, Bearer: text)));
        Assert.Equal(Recognition.Nothing, await _rig.RecogniseAsync(new ClientProof(IPAddress.Loopback)));
        Assert.Empty(_rig.Fetched);
    }

    [Fact]
    public void ListOfAudiencesWithOurs_IsForUs()
    {
        var claims = _rig.Claims;
        claims["aud"] = new JsonArray("https://sts.example.com", TestIssuer.Audience);

        Assert.NotNull(_rig.Recognise(_rig.Issuer.Sign(claims)).Caller);
    }

    [Fact]
    public void NameAndGroups_AreThoseOfTheClaimsWithTheIssuersNameInFront()
    {
        _rig.Options[0] = _rig.Options[0] with
        {
            NameClaim = JwtRig.Claim("/kubernetes.io/serviceaccount/name"), GroupsClaim = JwtRig.Claim("groups"),
        };
        var claims = _rig.Claims;
        claims["groups"] = new JsonArray("builds", "admins");
        claims["kubernetes.io"] = JsonNode.Parse("""{"serviceaccount":{"name":"puller"}}""");

        var caller = _rig.Recognise(_rig.Issuer.Sign(claims)).Caller!;

        Assert.Equal("ci:puller", caller.Name);
        Assert.Equal(["ci:builds", "ci:admins"], caller.Groups);
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\" admin\"")]
    [InlineData("\"a\\u0000b\"")]
    [InlineData("\"a\\u202eb\"")]
    [InlineData("17")]
    [InlineData("[\"a\"]")]
    [InlineData("{\"a\":\"b\"}")]
    [InlineData("null")]
    public void NameThatCannotBeShown_IsRefused(string name)
    {
        var claims = _rig.Claims;
        claims["who"] = JsonNode.Parse(name);
        _rig.Options[0] = _rig.Options[0] with { NameClaim = JwtRig.Claim("who") };

        Assert.Equal("a token of ci that has no name as who", _rig.Recognise(_rig.Issuer.Sign(claims)).Refusal);
    }

    [Fact]
    public void SameTokenAgain_IsNotCheckedAgainUntilFiveMinutesLater()
    {
        var token = _rig.Issuer.Sign(_rig.Claims);
        var proof = new ClientProof(IPAddress.Loopback, Bearer: token);
        Assert.Null(_rig.Recall(proof));

        var first = _rig.Recognise(token).Caller;
        _rig.Time.Advance(JwtCallers.Remembered - TimeSpan.FromSeconds(1));

        Assert.Same(first, _rig.Recall(proof));
        Assert.Same(first, _rig.Recognise(token).Caller);
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_rig.Recall(proof));
    }

    [Fact]
    public void TokenThatEnds_IsForgottenThen()
    {
        var claims = _rig.Claims;
        claims["exp"] = _rig.Time.GetUtcNow().AddSeconds(60).ToUnixTimeSeconds();
        var token = _rig.Issuer.Sign(claims);
        Assert.NotNull(_rig.Recognise(token).Caller);

        _rig.Time.Advance(TimeSpan.FromSeconds(89)); // its minute, and what clocks may differ by
        Assert.NotNull(_rig.Recognise(token).Caller);
        _rig.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("a token of ci that is over since 30 s", _rig.Recognise(token).Refusal);
    }

    [Fact]
    public void TokenThatLastsForYears_IsCheckedAgainAllTheSame()
    {
        var claims = _rig.Claims;
        claims["exp"] = 4_102_444_800; // the year 2100
        var token = _rig.Issuer.Sign(claims);
        Assert.NotNull(_rig.Recognise(token).Caller);

        _rig.Time.Advance(JwtCallers.Remembered);

        Assert.Null(_rig.Recall(new ClientProof(IPAddress.Loopback, Bearer: token)));
    }

    [Fact]
    public void SameIssuerTwice_KnowsEachByItsOwnClaims()
    {
        var issuer = _rig.Options[0];
        _rig.Options =
        [
            issuer with { Name = "acme", RequiredClaims = [JwtRig.Required("owner=acme")] },
            issuer with { Name = "other", RequiredClaims = [JwtRig.Required("owner=other")] },
        ];
        var claims = _rig.Claims;
        claims["owner"] = "other";

        Assert.Equal("other:repo:acme/app", _rig.Recognise(_rig.Issuer.Sign(claims)).Caller?.Name);
    }

    [Theory]
    [InlineData("owner=acme", true)]
    [InlineData("owner=acm", false)]
    [InlineData("owner=*", true)]
    [InlineData("absent=*", false)]
    [InlineData("ref=refs/heads/*", true)]
    [InlineData("ref=refs/tags/*", false)]
    [InlineData("ref=refs/tags/*;ref=refs/heads/main", true)]
    [InlineData("owner=acme;ref=refs/tags/*", false)]
    [InlineData("protected=true", true)]
    [InlineData("protected=True", false)]
    [InlineData("id=17", true)]
    [InlineData("teams=builds", true)]
    [InlineData("teams=build", false)]
    [InlineData("/outer/inner=x", true)]
    [InlineData("outer=*", false)]
    public void RequiredClaims_AreAllToBeThere(string required, bool isLetIn)
    {
        _rig.Options[0] = _rig.Options[0] with { RequiredClaims = [.. required.Split(';').Select(JwtRig.Required)] };
        var claims = _rig.Claims;
        claims["owner"] = "acme";
        claims["ref"] = "refs/heads/main";
        claims["protected"] = true;
        claims["id"] = 17;
        claims["teams"] = new JsonArray("builds", "web");
        claims["outer"] = JsonNode.Parse("""{"inner":"x"}""");

        var recognition = _rig.Recognise(_rig.Issuer.Sign(claims));

        Assert.Equal(isLetIn, recognition.Caller is not null);
        Assert.Equal(isLetIn, recognition.Refusal is null);
    }

    public void Dispose() => _rig.Dispose();
}
