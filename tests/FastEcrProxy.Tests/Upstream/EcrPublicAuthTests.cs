using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Ecr;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>ECR Public, as it is known to behave: one token for everything, 400 when it is over, no HEAD of blobs.</summary>
public sealed class EcrPublicAuthTests : IDisposable
{
    private const string AskedForToken = "GET https://public.ecr.aws/token/?service=public.ecr.aws&scope=aws";
    private const string Over = """{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}""";
    private const string Tags = """{"name":"team/app","tags":[]}""";

    private StubbedRegistry _stubbed = Stub(aws: null, identity: null);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<string> Shown => _stubbed.Registry.Requests.Select(
        request => request.Headers.NonValidated.TryGetValues("Authorization", out var values) ? values.ToString() : "-");

    public void Dispose() => _stubbed.Dispose();

    [Fact]
    public async Task Token_IsAskedForBeforeTheRegistryIs_OnceForAllRepositories()
    {
        Repository.TryParse("team/other", out var other);
        _stubbed.Registry.Answers(Token("one")).Answers(() => Answers.Of(200, Tags), times: 2);

        Assert.Null((await ListAsync()).Failure);
        Assert.Null((await _stubbed.Client.ListTagsAsync(other, null, null, Cancel)).Failure);

        Assert.Equal(
            [AskedForToken, "GET https://public.ecr.aws/v2/team/app/tags/list", "GET https://public.ecr.aws/v2/team/other/tags/list"],
            _stubbed.Registry.Asked);
        Assert.Equal(["-", "Bearer one", "Bearer one"], Shown);
    }

    [Fact]
    public async Task TokenOfAws_IsShownWhereItIsExchanged()
    {
        Use(new FakeEcrApi(new FakeTimeProvider()));
        _stubbed.Registry.Answers(Token("one")).Answers(() => Answers.Of(200, Tags));

        Assert.Null((await ListAsync()).Failure);

        Assert.Equal(["token-1", "Bearer one"], Shown);
    }

    [Fact]
    public async Task TokenOfAwsThatIsRefused_IsRenewedOnce()
    {
        Use(new FakeEcrApi(new FakeTimeProvider()));
        _stubbed.Registry.Answers(() => Answers.Of(401)).Answers(Token("one")).Answers(() => Answers.Of(200, Tags));

        Assert.Null((await ListAsync()).Failure);

        Assert.Equal(["token-1", "token-2", "Bearer one"], Shown);
    }

    [Fact]
    public async Task NoTokenOfAws_IsLikeNoNetwork()
    {
        Use(new FakeEcrApi(new FakeTimeProvider()) { Failure = new EcrFailure(EcrError.AccessDenied, "user/ci may not") });

        var failure = (await ListAsync()).Failure!;

        Assert.Equal(FetchError.Unreachable, failure.Error);
        Assert.EndsWith("user/ci may not", failure.Reason, StringComparison.Ordinal);
        Assert.Empty(_stubbed.Registry.Asked);
    }

    [Fact]
    public async Task TokenThatIsOver_IsAnsweredWith400_AndRenewed()
    {
        _stubbed.Registry.Answers(Token("one")).Answers(() => Answers.Of(400, Over)).Answers(Token("two"))
            .Answers(() => Answers.Of(200, Tags));

        Assert.Null((await ListAsync()).Failure);

        Assert.Equal(["-", "Bearer one", "-", "Bearer two"], Shown);
    }

    [Fact]
    public async Task TokenThatIsOver_IsRenewedForAHeadToo_ThoughItIsNotTold()
    {
        var manifest = """{"schemaVersion":2}"""u8.ToArray();
        _stubbed.Registry.Answers(Token("one")).Answers(() => Answers.Of(400)).Answers(Token("two")).Answers(
            () => Answers.Of(200, manifest, "application/vnd.oci.image.manifest.v1+json")
                .With("Docker-Content-Digest", Digest.Of(manifest).ToString()));

        var (head, _) = await _stubbed.Client.HeadManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);

        Assert.Equal(Digest.Of(manifest), head!.Digest);
    }

    [Fact]
    public async Task QuestionThatIsWrong_CostsNoToken()
    {
        _stubbed.Registry.Answers(Token("one"))
            .Answers(() => Answers.Of(400, """{"errors":[{"code":"NAME_INVALID","message":"no such name"}]}"""));

        var failure = (await ListAsync()).Failure!;

        Assert.Equal((FetchError.Refused, "NAME_INVALID"), (failure.Error, failure.Code));
    }

    [Theory]
    [InlineData(401, "Bearer realm=\"https://public.ecr.aws/token/\",service=\"public.ecr.aws\",scope=\"aws\"")]
    [InlineData(401, "Bearer realm=\"https://public.ecr.aws/token/\",service=\"public.ecr.aws\",scope=\"aws\",error=\"invalid_token\"")]
    [InlineData(403, null)]
    public async Task HeadOfABlob_IsAlwaysRefused_AndNeverRenewsTheToken(int status, string? challenge)
    {
        _stubbed.Registry.Answers(Token("one", seconds: 3600));
        for (var i = 0; i < 5; i++)
        {
            _stubbed.Registry
                .Answers(() => challenge is null ? Answers.Of(status) : Answers.Of(status).With("WWW-Authenticate", challenge))
                .Answers(() => Answers.Part([1, 2, 3], 0));
            Assert.Equal(3, (await _stubbed.Client.HeadBlobAsync(StubbedRegistry.App, Digest.Of([1, 2, 3]), Cancel)).Value!.Length);
            _stubbed.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(1, _stubbed.Registry.Asked.Count(asked => asked == AskedForToken));
    }

    [Fact]
    public async Task Layers_AreFollowedToCloudFront_WithoutTheToken()
    {
        byte[] blob = [1, 2, 3];
        _stubbed.Registry.Answers(Token("one")).Answers(() => Answers.Redirect("https://d1example.cloudfront.net/x"));
        _stubbed.Layers.Answers(() => Answers.Of(200, blob));

        using var body = (await _stubbed.Client.BlobsOf(StubbedRegistry.App, Digest.Of(blob)).OpenAsync(0, null, Cancel)).Value;

        Assert.Equal(3, body!.TotalBytes);
        Assert.False(_stubbed.Layers.Last.Headers.Contains("Authorization"));
    }

    private static StubbedRegistry Stub(IEcrApi? aws, AwsIdentity? identity) => new(
        new UpstreamOptions { Auth = new RegistryAuthOptions { Kind = RegistryAuthKind.EcrPublic, Aws = identity } }, aws);

    private static Func<HttpResponseMessage> Token(string token, int seconds = 60) =>
        () => Answers.Of(200, $$"""{"token":"{{token}}","expires_in":{{seconds}}}""");

    private void Use(FakeEcrApi aws)
    {
        _stubbed.Dispose();
        _stubbed = Stub(aws, AwsIdentity.Default);
    }

    private ValueTask<Fetched<ListReply>> ListAsync() => _stubbed.Client.ListTagsAsync(StubbedRegistry.App, null, null, Cancel);
}
