using System.Text;
using CsCheck;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class AuthChallengeTests
{
    private const string DockerHub =
        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/nginx:pull\"";

    private const string Insufficient =
        "Bearer realm=\"https://gitlab.example/jwt/auth\",service=\"container_registry\",scope=\"repository:a/b:pull,push\","
        + "error=\"insufficient_scope\"";

    /// <summary>As registries send them.</summary>
    [Theory]
    [InlineData(DockerHub, "https://auth.docker.io/token", "registry.docker.io", "repository:library/nginx:pull", null)]
    [InlineData(Insufficient, "https://gitlab.example/jwt/auth", "container_registry", "repository:a/b:pull,push", "insufficient_scope")]
    [InlineData(
        "Bearer realm=\"https://public.ecr.aws/token/\",service=\"public.ecr.aws\",scope=\"aws\"",
        "https://public.ecr.aws/token/", "public.ecr.aws", "aws", null)]
    [InlineData(
        "Bearer realm=\"https://ghcr.io/token\",service=\"ghcr.io\",scope=\"repository:user/image:pull\"",
        "https://ghcr.io/token", "ghcr.io", "repository:user/image:pull", null)]
    [InlineData("Bearer realm=\"https://quay.io/v2/auth\",service=\"quay.io\"", "https://quay.io/v2/auth", "quay.io", null, null)]
    [InlineData("Bearer realm=\"http://127.0.0.1:5001/auth\"", "http://127.0.0.1:5001/auth", null, null, null)]
    [InlineData("bearer Realm=\"https://r/t\" , SERVICE = \"s\"", "https://r/t", "s", null, null)]
    [InlineData("Bearer realm=https://r/t,service=s", "https://r/t", "s", null, null)]
    [InlineData("Bearer realm=\"a\\\"b\\\\c\",service=\"x, realm=y\"", "a\"b\\c", "x, realm=y", null, null)]
    [InlineData("Bearer realm=\"first\",realm=\"second\"", "first", null, null, null)]
    [InlineData("Bearer unknown=\"u\",realm=\"r\",other=o", "r", null, null, null)]
    [InlineData("Basic realm=\"x\",service=\"ecr.amazonaws.com\", Bearer realm=\"r\"", "r", null, null, null)]
    [InlineData("Negotiate YIIC+/abc==, NTLM, Bearer realm=\"r\",error=\"invalid_token\"", "r", null, null, "invalid_token")]
    [InlineData(" ,, Basic ,\tBearer\trealm=\"r\"", "r", null, null, null)]
    public void Challenge_IsRead(string header, string? realm, string? service, string? scope, string? error)
    {
        var bearer = AuthChallenge.Find(AuthChallenge.Parse(header), AuthChallenge.Bearer);

        Assert.Equal((realm, service, scope, error), (bearer?.Realm, bearer?.Service, bearer?.Scope, bearer?.Error));
    }

    [Theory]
    [InlineData("Bearer realm=\"closed too late,service=\"s\"", "closed too late,service=")]
    [InlineData("Bearer realm=\"never closed", null)]
    [InlineData("Bearer realm=\"ends in a backslash\\", null)]
    [InlineData("Bearer realm=\"r\",service=\"not closed", "r")]
    [InlineData("Bearer =\"no name\",realm=\"r\"", null)]
    [InlineData("Bearer (comment) realm=\"r\"", null)]
    [InlineData("Bearer", null)]
    [InlineData("Bearer realm", null)]
    [InlineData("Bearer realm=", null)]
    [InlineData("Bearer realm=,service=s", null)]
    public void Challenge_CountsUpToWhereItMakesNoSense(string header, string? realm)
    {
        var bearer = AuthChallenge.Find(AuthChallenge.Parse(header), AuthChallenge.Bearer);

        Assert.NotNull(bearer);
        Assert.Equal(realm ?? "", bearer.Realm ?? "");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("realm=\"r\"")]
    [InlineData("\"Bearer\" realm=\"r\"")]
    [InlineData("Basic realm=\"Bearer realm=r\"")]
    public void HeaderWithoutABearerChallenge_HasNone(string? header) =>
        Assert.Null(AuthChallenge.Find(AuthChallenge.Parse(header), AuthChallenge.Bearer));

    [Fact]
    public void HugeHeader_IsNotRead() =>
        Assert.Empty(AuthChallenge.Parse("Bearer realm=\"" + new string('x', 8 << 10) + "\""));

    [Fact]
    public void ManyChallenges_AreCutOff() =>
        Assert.Equal(8, AuthChallenge.Parse(string.Join(',', Enumerable.Repeat("Scheme abc", 500))).Count);

    [Theory]
    [InlineData("Basic realm=\"x\"", AuthChallenge.Basic, true)]
    [InlineData("Basic realm=\"x\", Negotiate", AuthChallenge.Basic, true)]
    [InlineData("Basic realm=\"x\", Bearer realm=\"y\"", AuthChallenge.Basic, false)]
    [InlineData("Bearer realm=\"y\"", AuthChallenge.Basic, false)]
    [InlineData("Bearer realm=\"y\"", AuthChallenge.Bearer, true)]
    [InlineData("", AuthChallenge.Bearer, false)]
    public void Header_SaysWhetherOnlyOneWillDo(string header, string scheme, bool only) =>
        Assert.Equal(only, AuthChallenge.IsOnly(scheme, AuthChallenge.Parse(header)));

    [Fact]
    public void AnyText_IsReadWithoutAnError() =>
        Gen.String.Sample(text => AuthChallenge.Parse(text).Count <= 8);

    /// <summary>Text that looks like challenges reaches further into the parser than any text does.</summary>
    [Fact]
    public void AnythingLikeChallenges_IsReadWithoutAnError()
    {
        var pieces = Rules.OneOf(
            "Bearer", "Basic", "realm", "service", "scope", "error", "=", "\"", "\\", ",", " ", "\t", "==", "https://r/t", "é",
            "\u0000", "\ud800");

        pieces.Array[0, 40].Sample(parts => AuthChallenge.Parse(string.Concat(parts)).Count <= 8);
    }

    /// <summary>Whatever a value has in it, quoted it comes out as it went in.</summary>
    [Fact]
    public void AnyValueThatIsQuoted_IsReadBack()
    {
        Gen.Select(Gen.String[0, 200], Gen.String[0, 200]).Sample((realm, service) =>
        {
            var header = $"Negotiate abc==, Bearer realm={Quoted(realm)},service={Quoted(service)}, Basic realm=\"no\"";
            var bearer = AuthChallenge.Find(AuthChallenge.Parse(header), AuthChallenge.Bearer);
            return bearer?.Realm == realm && bearer.Service == service;
        });

        static string Quoted(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (var character in text)
            {
                quoted.Append(character is '"' or '\\' ? "\\" : "").Append(character);
            }

            return quoted.Append('"').ToString();
        }
    }
}
