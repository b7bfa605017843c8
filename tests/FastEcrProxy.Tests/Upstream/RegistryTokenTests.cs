using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>What the registry is shown, and what happens when it does not like it.</summary>
public sealed class RegistryTokenTests : IDisposable
{
    private static readonly Uri OwnRegistry = new("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com");

    private readonly FakeAws _aws = new();
    private readonly StubbedRegistry _stubbed;

    public RegistryTokenTests() => _stubbed = new StubbedRegistry(new UpstreamOptions(), _aws);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<string> Shown =>
        _stubbed.Registry.Requests.Select(request => request.Headers.NonValidated["Authorization"].ToString());

    public void Dispose() => _stubbed.Dispose();

    [Fact]
    public async Task NoRegistryConfigured_TheCallersOwnIsAsked()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200));

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(["GET https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/"], _stubbed.Registry.Asked);
        Assert.Equal(["Basic 1"], Shown);
    }

    [Theory]
    [InlineData(401, "Not Authorized")]
    [InlineData(403, Answers.ExpiredToken)]
    [InlineData(400, Answers.ExpiredToken)]
    public async Task RefusedToken_IsRenewedOnceAndTheQuestionRepeated(int status, string body)
    {
        _stubbed.Registry.Answers(() => Answers.Of(status, body)).Answers(() => Answers.Of(200));

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(["Basic 1", "Basic 2"], Shown);
        Assert.Equal([5005], _stubbed.Log.Ids);
    }

    [Fact]
    public async Task BareRefusalOfAHead_IsRenewedThenAskedAsGet()
    {
        _stubbed.Registry.Answers(() => Answers.Of(403), times: 2).Answers(() => Answers.Of(403, Answers.NoPermission));

        var (_, failure) = await _stubbed.Client.HeadManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);

        Assert.Equal(FetchError.Refused, failure!.Error);
        Assert.Equal(["Basic 1", "Basic 2", "Basic 2"], Shown);
    }

    [Fact]
    public async Task MissingPermission_IsNotTakenForABadToken_HoweverOftenItIsMet()
    {
        _stubbed.Registry.Answers(() => Answers.Of(403), times: 2).Answers(() => Answers.Of(403, Answers.NoPermission))
            .Answers(() => Answers.Of(403)).Answers(() => Answers.Of(403, Answers.NoPermission));

        for (var i = 0; i < 2; i++)
        {
            var (_, failure) = await _stubbed.Client.HeadManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);
            Assert.Equal((FetchError.Refused, "DENIED"), (failure!.Error, failure.Code));
        }

        Assert.Equal(2, _aws.Asked);
    }

    [Fact]
    public async Task FreshTokenThatIsRefused_IsARefusal()
    {
        _stubbed.Registry.Answers(() => Answers.Of(401, "Not Authorized"), times: 3);

        Assert.Equal(FetchError.Refused, (await _stubbed.Client.PingAsync(Cancel))!.Error);
        Assert.Equal(FetchError.Refused, (await _stubbed.Client.PingAsync(Cancel))!.Error);
        Assert.Equal(["Basic 1", "Basic 2", "Basic 2"], Shown);
    }

    [Fact]
    public async Task RefusedTokenWithoutAnother_IsLikeNoNetwork()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200)).Answers(() => Answers.Of(403, Answers.ExpiredToken));
        await _stubbed.Client.PingAsync(Cancel);
        _stubbed.Time.Advance(TimeSpan.FromHours(1));
        _aws.Failure = new EcrFailure(EcrError.Unreachable, "api.ecr does not answer");

        var failure = await _stubbed.Client.PingAsync(Cancel);

        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.EndsWith("refuses the token, and there is no new one: api.ecr does not answer", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoToken_IsUnreachableWithTheReason_AndTheRegistryIsNotAsked()
    {
        _aws.Failure = new EcrFailure(EcrError.AccessDenied, "user/ci may not ecr:GetAuthorizationToken");

        var failure = await _stubbed.Client.PingAsync(Cancel);

        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Contains("user/ci may not ecr:GetAuthorizationToken", failure.Reason, StringComparison.Ordinal);
        Assert.Empty(_stubbed.Registry.Asked);
    }

    [Fact]
    public async Task LayerBucketOfTheCallersRegion_IsFollowed_WithoutTheToken()
    {
        byte[] blob = [1, 2, 3];
        const string Bucket = "https://prod-eu-west-1-starport-layer-bucket.s3.eu-west-1.amazonaws.com/x";
        _stubbed.Registry.Answers(() => Answers.Redirect(Bucket));
        _stubbed.Layers.Answers(() => Answers.Of(200, blob));

        using var body = (await _stubbed.Client.BlobsOf(StubbedRegistry.App, Digest.Of(blob)).OpenAsync(0, null, Cancel)).Value;

        Assert.Equal(3, body!.TotalBytes);
        Assert.Equal(["Basic 1"], Shown);
        Assert.False(_stubbed.Layers.Last.Headers.Contains("Authorization"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RedirectWhosePathBeginsWithTwoSlashes_StaysWithTheRegistry(bool isBlob)
    {
        var options = new UpstreamOptions { Endpoint = new Uri("https://registry.example") };
        using var stubbed = new StubbedRegistry(options, new FakeAws());
        stubbed.Registry.Answers(() => Answers.Redirect("https://registry.example//evil.example/x")).Answers(() => Answers.Of(404));

        if (isBlob)
        {
            await stubbed.Client.BlobsOf(StubbedRegistry.App, Digest.Of([1]))
                .OpenAsync(0, null, TestContext.Current.CancellationToken);
        }
        else
        {
            await stubbed.Client.GetManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, stubbed.Registry.Requests.Count);
        Assert.All(stubbed.Registry.Requests, request => Assert.Equal("registry.example", request.RequestUri!.Host));
    }

    [Fact]
    public async Task Token_IsNeitherLoggedNorTold()
    {
        _stubbed.Registry.Answers(() => Answers.Of(401, "Not Authorized"), times: 2);

        var failure = await _stubbed.Client.PingAsync(Cancel);

        Assert.DoesNotContain("Basic", _stubbed.Log.Text + failure, StringComparison.Ordinal);
    }

    private sealed class FakeAws : IEcrApi
    {
        public int Asked { get; private set; }

        public EcrFailure? Failure { get; set; }

        public Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel)
        {
            Asked++;
            var expiresAt = new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.Zero); // FakeTimeProvider begins in 2000
            return Task.FromResult(Failure is null
                ? (new EcrToken($"Basic {Asked}", expiresAt, OwnRegistry), null)
                : ((EcrToken?)null, Failure));
        }
    }
}
