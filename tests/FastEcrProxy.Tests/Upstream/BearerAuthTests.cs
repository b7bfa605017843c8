using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>A registry that sends for tokens: who is asked what, in which order, and what is shown there.</summary>
public sealed class BearerAuthTests : IDisposable
{
    private const string Challenge =
        "Bearer realm=\"https://registry.example/token\",service=\"registry\",scope=\"repository:team/app:pull\"";

    private const string AskedForToken = "GET https://registry.example/token?service=registry&scope=repository%3Ateam%2Fapp%3Apull";
    private const string AskedForTags = "GET https://registry.example/v2/team/app/tags/list";
    private const string NotListed = "which is not allowed; AllowedTokenHosts allows it.";
    private const string NotThatWay = "which is not allowed: it has to be https, without user name.";
    private const string Tags = """{"name":"team/app","tags":[]}""";

    private StubbedRegistry _stubbed = Stub();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<string> Shown => _stubbed.Registry.Requests.Select(
        request => request.Headers.NonValidated.TryGetValues("Authorization", out var values) ? values.ToString() : "-");

    public void Dispose() => _stubbed.Dispose();

    [Fact]
    public async Task ChallengedQuestion_IsRepeatedWithAToken_AndTheNextOneHasItAtOnce()
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page, times: 2);

        Assert.Null((await ListAsync()).Failure);
        Assert.Null((await ListAsync()).Failure);

        Assert.Equal([AskedForTags, AskedForToken, AskedForTags, AskedForTags], _stubbed.Registry.Asked);
        Assert.Equal(["-", "-", "Bearer one", "Bearer one"], Shown);
        Assert.Empty(_stubbed.Log.Ids);
    }

    [Fact]
    public async Task AnotherRepository_HasItsTokenAskedForBeforeTheRegistryIsAsked()
    {
        Repository.TryParse("team/other", out var other);
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page).Answers(Token("two")).Answers(Page);
        await ListAsync();

        Assert.Null((await _stubbed.Client.ListTagsAsync(other, null, null, Cancel)).Failure);

        Assert.Equal(
            [
                "GET https://registry.example/token?service=registry&scope=repository%3Ateam%2Fother%3Apull",
                "GET https://registry.example/v2/team/other/tags/list",
            ],
            _stubbed.Registry.Asked[3..]);
        Assert.Equal("Bearer two", Shown.Last());
    }

    [Fact]
    public async Task TokenService_IsToldNothingThatIsMeantForAProxy()
    {
        Use(_stubbed.Options with { CalledAs = "hub.example.com", Namespace = "docker.io", TakesNothingStale = true });
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page)
            .Answers(Token("two")).Answers(() => Answers.Of(504));
        Repository.TryParse("team/other", out var other);

        await ListAsync();
        await _stubbed.Client.HeadCachedBlobAsync(other, Digests.Parse(Digests.Sha256A), Cancel);

        const string proxy = "hub.example.com no-cache True";
        const string cachedOnly = "hub.example.com only-if-cached True";
        const string service = "  False";
        Assert.Equal(
            [proxy, service, proxy, service, cachedOnly],
            _stubbed.Registry.Requests.Select(request =>
                $"{request.Headers.Host} {request.Headers.CacheControl} {request.RequestUri!.Query.Contains("ns=docker.io")}"));
    }

    [Fact]
    public async Task OpenRegistry_IsNeverShownAnything()
    {
        _stubbed.Registry.Answers(Page, times: 2);

        Assert.Null((await ListAsync()).Failure);
        Assert.Null((await ListAsync()).Failure);
        Assert.Equal(["-", "-"], Shown);
    }

    [Fact]
    public async Task TokenThatIsOver_IsReplacedBeforeTheRegistryIsAsked()
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page).Answers(Token("two")).Answers(Page);
        await ListAsync();
        _stubbed.Time.Advance(TimeSpan.FromMinutes(1));

        await ListAsync();

        Assert.Equal(["-", "-", "Bearer one", "-", "Bearer two"], Shown);
    }

    [Theory]
    [InlineData(401, Challenge + ",error=\"invalid_token\"", "")]
    [InlineData(401, Challenge, "")]
    [InlineData(401, null, "")]
    [InlineData(403, null, """{"errors":[{"code":"DENIED","message":"token expired"}]}""")]
    [InlineData(400, null, """{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}""")]
    public async Task RefusedToken_IsRenewedOnce(int status, string? challenge, string body)
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page)
            .Answers(() => Refusal(status, challenge, body)).Answers(Token("two")).Answers(Page);
        await ListAsync();

        Assert.Null((await ListAsync()).Failure);

        Assert.Equal(["Bearer one", "-", "Bearer two"], Shown.Skip(3));
        Assert.Equal([5005], _stubbed.Log.Ids);
    }

    [Fact]
    public async Task FreshTokenThatIsRefused_IsARefusal_AndIsNotAskedForEachTime()
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Challenged)
            .Answers(Challenged).Answers(Token("two")).Answers(Challenged)
            .Answers(Challenged);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(FetchError.Refused, (await ListAsync()).Failure!.Error);
        }

        Assert.Equal(2, _stubbed.Registry.Asked.Count(asked => asked == AskedForToken));
    }

    [Fact]
    public async Task MissingPermission_CostsNoToken()
    {
        const string Denied = Challenge + ",error=\"insufficient_scope\"";
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(() => Refusal(403, Denied))
            .Answers(() => Refusal(401, Denied));

        Assert.Equal(FetchError.Refused, (await ListAsync()).Failure!.Error);
        Assert.Equal(FetchError.Refused, (await ListAsync()).Failure!.Error);
        Assert.Equal(1, _stubbed.Registry.Asked.Count(asked => asked == AskedForToken));
    }

    [Fact]
    public async Task RegistryThatRefusesEveryHead_IsAskedAsGet_WithTheSameToken()
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one"));
        for (var i = 0; i < 3; i++)
        {
            _stubbed.Registry.Answers(Challenged).Answers(() => Answers.Part([1, 2, 3], 0));
            var (head, failure) = await _stubbed.Client.HeadBlobAsync(StubbedRegistry.App, Digest.Of([1, 2, 3]), Cancel);
            Assert.Equal((3L, (FetchFailure?)null), (head!.Length, failure));
            _stubbed.Time.Advance(TimeSpan.FromSeconds(11));
        }

        Assert.Equal(1, _stubbed.Registry.Asked.Count(asked => asked == AskedForToken));
    }

    [Fact]
    public async Task HeadOfAManifestThatIsRefused_IsAskedAsGet_WhichRenewsTheToken()
    {
        const string Type = "application/vnd.oci.image.manifest.v1+json";
        var manifest = """{"schemaVersion":2}"""u8.ToArray();
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Challenged)
            .Answers(Challenged).Answers(Token("two")).Answers(() => Answers.Of(200, manifest, Type));

        var (head, _) = await _stubbed.Client.HeadManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);

        Assert.Equal(Digest.Of(manifest), head!.Digest);
        Assert.Equal(["-", "-", "Bearer one", "Bearer one", "-", "Bearer two"], Shown);
    }

    [Theory]
    [InlineData("Bearer realm=\"https://evil.example/token\"", "evil.example, " + NotListed)]
    [InlineData("Bearer realm=\"http://registry.example/token\"", "registry.example, " + NotThatWay)]
    [InlineData("Bearer realm=\"https://user@registry.example/token\"", "registry.example, " + NotThatWay)]
    [InlineData("Bearer realm=\"https://registry.example:8443/token\"", "registry.example:8443, " + NotListed)]
    [InlineData("Bearer realm=\"/token\"", "gives no address where one is to be had.")]
    [InlineData("Bearer realm=\"file:///etc/passwd\"", "gives no address where one is to be had.")]
    [InlineData("Bearer realm=\"https://registry.example/a b\"", "gives no address where one is to be had.")]
    [InlineData("Bearer realm=\"https://\"", "gives no address where one is to be had.")]
    [InlineData("Bearer service=\"s\"", "gives no address where one is to be had.")]
    public async Task RealmThatIsNotAllowed_IsNotAsked(string challenge, string reason)
    {
        _stubbed.Registry.Answers(() => Refusal(401, challenge));

        var failure = (await ListAsync()).Failure!;

        Assert.Equal(FetchError.BadAnswer, failure.Error);
        Assert.EndsWith(reason, failure.Reason, StringComparison.Ordinal);
        Assert.Equal([AskedForTags], _stubbed.Registry.Asked);
    }

    [Fact]
    public async Task RealmThatTheOperatorNames_IsAsked_AndShownThePassword_WhichNobodyElseSees()
    {
        Use(new RegistryAuthOptions
        {
            Kind = RegistryAuthKind.Bearer, User = "ci", Password = "SECRET", AllowedTokenHosts = ["auth.example"],
        });
        _stubbed.Registry.Answers(() => Refusal(401, "Bearer realm=\"https://auth.example/token\"")).Answers(Token("one")).Answers(Page);

        Assert.Null((await ListAsync()).Failure);

        Assert.Equal("GET https://auth.example/token?scope=repository%3Ateam%2Fapp%3Apull", _stubbed.Registry.Asked[1]);
        Assert.Equal(["-", "Basic Y2k6U0VDUkVU", "Bearer one"], Shown);
    }

    [Theory]
    [InlineData(503, false, "Unreachable")]
    [InlineData(429, false, "Throttled")]
    [InlineData(403, false, "Refused")]
    [InlineData(401, false, "Refused")]
    [InlineData(401, true, "Unreachable")]
    [InlineData(404, false, "NotFound")]
    [InlineData(302, false, "BadAnswer")]
    public async Task ServiceThatGivesNoToken_IsNamed(int status, bool hasPassword, string error)
    {
        if (hasPassword)
        {
            Use(new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer, User = "ci", Password = "SECRET" });
        }

        _stubbed.Registry.Answers(Challenged)
            .Answers(() => Answers.Of(status).With("Location", "https://registry.example/elsewhere").With("Retry-After", "30"));

        var failure = (await ListAsync()).Failure!;

        Assert.Equal(Enum.Parse<FetchError>(error), failure.Error);
        Assert.StartsWith("The token service registry.example ", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("a token for repository:team/app:pull", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", failure.Reason + _stubbed.Log.Text, StringComparison.Ordinal);
        Assert.Equal(2, _stubbed.Registry.Asked.Count);
    }

    [Fact]
    public async Task ServiceThatRefusesAGuess_LeavesItToTheRegistryToSayWhatItWants()
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page);
        await ListAsync();
        _stubbed.Registry.Answers(() => Answers.Of(400)).Answers(
                () => Refusal(401, "Bearer realm=\"https://registry.example/token\",service=\"registry\",scope=\"catalog\""))
            .Answers(Token("two")).Answers(() => Answers.Of(200, """{"repositories":[]}"""));

        Assert.Null((await _stubbed.Client.ListRepositoriesAsync(null, null, Cancel)).Failure);

        Assert.EndsWith("scope=registry%3Acatalog%3A%2A", _stubbed.Registry.Asked[3], StringComparison.Ordinal);
        Assert.EndsWith("scope=catalog", _stubbed.Registry.Asked[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatTakesPasswordsOnly_IsSaidToDoSo()
    {
        _stubbed.Registry.Answers(() => Refusal(401, "Basic realm=\"x\""));

        var failure = (await ListAsync()).Failure!;

        Assert.Equal((FetchError.Refused, 401), (failure.Error, failure.Status));
        Assert.Contains("set Auth to basic", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswersOfTheService_AreCountedAsItsOwn()
    {
        _stubbed.Registry.Answers(Challenged).Answers(Token("one")).Answers(Page);

        await ListAsync();

        Assert.Equal(
            ["registry,status=4xx", "tokens,status=2xx", "registry,status=2xx"],
            _stubbed.Measured.Recorded().Where(line => line.StartsWith("fastecr.upstream.duration{", StringComparison.Ordinal))
                .Select(line => line["fastecr.upstream.duration{peer=".Length..line.IndexOf('}', StringComparison.Ordinal)]));
    }

    private static StubbedRegistry Stub() => new(new UpstreamOptions
    {
        Endpoint = new Uri("https://registry.example"),
        Auth = new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer },
    });

    private static HttpResponseMessage Challenged() => Refusal(401, Challenge);

    private static HttpResponseMessage Refusal(int status, string? challenge, string body = "")
    {
        var answer = Answers.Of(status, body);
        return challenge is null ? answer : answer.With("WWW-Authenticate", challenge);
    }

    private static Func<HttpResponseMessage> Token(string token) => () => Answers.Of(200, $$"""{"token":"{{token}}"}""");

    private static HttpResponseMessage Page() => Answers.Of(200, Tags);

    private void Use(RegistryAuthOptions auth) => Use(_stubbed.Options with { Auth = auth });

    private void Use(UpstreamOptions options)
    {
        _stubbed.Dispose();
        _stubbed = new StubbedRegistry(options);
    }

    private ValueTask<Fetched<ListReply>> ListAsync() => _stubbed.Client.ListTagsAsync(StubbedRegistry.App, null, null, Cancel);
}
