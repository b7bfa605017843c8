using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.FunctionalTests.Ecr;

/// <summary>The real client against a mock of ECR's API.</summary>
[Collection(AwsEnvironmentCollection.Name)]
public sealed class EcrApiTests : IAsyncLifetime
{
    private readonly AwsEnvironment _environment = new();
    private MockAws _aws = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT00000";
        _environment["AWS_SECRET_ACCESS_KEY"] = "SECRET-KEY";
        _aws = await MockAws.StartAsync(certificate: null, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _aws.DisposeAsync();
        _environment.Dispose();
    }

    [Fact]
    public async Task Token_IsReadAsAwsGivesIt()
    {
        var (token, failure) = await GetTokenAsync();

        Assert.Null(failure);
        Assert.Equal("Basic QVdTOnRva2Vu", token?.Header);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(4102444800_345), token?.ExpiresAt);
        Assert.Equal(new Uri("https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"), token?.Registry);
    }

    [Fact]
    public async Task TokenOfTodaysSize_IsReadWhole()
    {
        var secret = new string('x', 8192);
        _aws.EcrAnswer = (200, MockAws.Token(secret, "4102444800"));

        var (token, _) = await GetTokenAsync();

        Assert.Equal("Basic " + secret, token?.Header);
    }

    [Fact]
    public async Task Request_IsSignedForEcrInTheRegion()
    {
        await GetTokenAsync();

        var request = Assert.Single(_aws.EcrRequests);
        Assert.Equal(("POST", "/", "{}"), (request.Method, request.Path, request.Body));
        Assert.Equal("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", request.Headers["X-Amz-Target"]);
        Assert.Equal("application/x-amz-json-1.1", request.Headers["Content-Type"]);
        Assert.Matches(
            "^AWS4-HMAC-SHA256 Credential=AKIAENVIRONMENT00000/[0-9]{8}/eu-central-1/ecr/aws4_request, ?"
            + "SignedHeaders=[^,]*host;[^,]*x-amz-date;[^,]*x-amz-target[^,]*, ?Signature=[0-9a-f]{64}$",
            request.Headers["Authorization"]);
    }

    [Fact]
    public async Task MissingPermission_IsDeniedToWhomAwsNames()
    {
        const string user = "arn:aws:iam::123456789012:user/builder";
        Refuse(400, "AccessDeniedException", $"User: {user} is not authorized to perform: ecr:GetAuthorizationToken");

        var failure = await FailAsync();

        Assert.Equal(EcrError.AccessDenied, failure.Error);
        Assert.Contains($"denied to {user}: allow ecr:GetAuthorizationToken", failure.Reason, StringComparison.Ordinal);
        Assert.Single(_aws.EcrRequests);
    }

    [Fact]
    public async Task Throttling_IsTriedThreeTimesAndSaid()
    {
        Refuse(400, "ThrottlingException", "Rate exceeded");

        var failure = await FailAsync();

        Assert.Equal(EcrError.Throttled, failure.Error);
        Assert.Equal(3, _aws.EcrRequests.Count());
    }

    [Fact]
    public async Task FailingAws_IsUnreachable()
    {
        Refuse(500, "ServerException", "oops");

        Assert.Equal(EcrError.Unreachable, (await FailAsync()).Error);
    }

    [Theory]
    [InlineData("<html>hello</html>")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"authorizationData":[]}""")]
    [InlineData("""{"authorizationData":[null]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"x"}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"x y","expiresAt":4102444800}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"x\r\nEvil: y","expiresAt":4102444800}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"x","expiresAt":1e300}]}""")]
    [InlineData("""{"authorizationData":[{"authorizationToken":"x","expiresAt":-1}]}""")]
    public async Task AnswerWithoutAToken_IsABadAnswer(string body)
    {
        _aws.EcrAnswer = (200, body);

        Assert.Equal(EcrError.BadAnswer, (await FailAsync()).Error);
    }

    [Fact]
    public async Task Redirect_IsNotFollowed()
    {
        _aws.EcrAnswer = (307, "");

        Assert.NotNull(await FailAsync());
        Assert.All(_aws.Requests, request => Assert.Equal("/", request.Path));
    }

    [Fact]
    public async Task RefusedConnection_IsUnreachableAndNamesTheHost()
    {
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and not listening: nobody else gets the port, a connection is refused
        var port = ((IPEndPoint)bound.LocalEndPoint!).Port;

        var failure = await FailAsync(new Uri($"http://127.0.0.1:{port}"));

        Assert.Equal(EcrError.Unreachable, failure.Error);
        Assert.Contains($"127.0.0.1:{port}", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AwsThatDoesNotAnswer_IsGivenUpAfterTheTimeout()
    {
        _aws.EcrHangs = true;

        var failure = await FailAsync(timeout: TimeSpan.FromSeconds(1));

        Assert.Equal(EcrError.Unreachable, failure.Error);
        Assert.Contains("no answer within 1 s", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CallerThatCancels_GetsItsCancellation()
    {
        _aws.EcrHangs = true;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var asking = Api(new Uri(_aws.Address)).GetTokenAsync(leaving.Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }

    [Fact]
    public async Task ServerOfACompanysCa_IsTrustedOnlyWithTheCaAtHand()
    {
        using var certificate = CompanyCertificate();
        await using var aws = await MockAws.StartAsync(certificate, Cancel);

        var (token, _) = await Api(new Uri(aws.Address), trusted: [certificate]).GetTokenAsync(Cancel);
        var (_, failure) = await Api(new Uri(aws.Address)).GetTokenAsync(Cancel);

        Assert.NotNull(token);
        Assert.Equal(EcrError.Unreachable, failure?.Error);
        Assert.Contains("certificate", failure?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointFromTheEnvironment_IsUsedWhenNoneIsConfigured()
    {
        _environment["AWS_ENDPOINT_URL_ECR"] = _aws.Address;

        var (token, _) = await Api(controlPlane: null).GetTokenAsync(Cancel);

        Assert.NotNull(token);
    }

    [Fact]
    public async Task MachineWithoutARegion_IsToldHowToNameOne()
    {
        var options = new EcrOptions { ControlPlane = new Uri(_aws.Address) };

        var (_, failure) = await new EcrApi(options, new AwsCredentials(options)).GetTokenAsync(Cancel);

        Assert.Equal(EcrError.NoCredentials, failure?.Error);
        Assert.Contains("AWS_REGION", failure?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MachineWithoutRegionAndKeys_IsToldBoth()
    {
        _environment["AWS_ACCESS_KEY_ID"] = null;
        var options = new EcrOptions { ControlPlane = new Uri(_aws.Address) };

        var (_, failure) = await new EcrApi(options, new AwsCredentials(options)).GetTokenAsync(Cancel);

        Assert.Contains("No AWS credentials", failure?.Reason, StringComparison.Ordinal);
        Assert.EndsWith("or set AWS_REGION", failure?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DefaultRegionOfTheCommandLineTools_IsTakenAfterTheOther()
    {
        var credentials = new AwsCredentials(new EcrOptions());

        _environment["AWS_DEFAULT_REGION"] = "eu-north-1";
        var alone = await credentials.RegionAsync(Cancel);
        _environment["AWS_REGION"] = "eu-south-1";
        var both = await credentials.RegionAsync(Cancel);

        Assert.Equal("eu-north-1", alone);
        Assert.Equal("eu-south-1", both);
    }

    private static EcrApi Api(Uri? controlPlane, TimeSpan? timeout = null, X509Certificate2Collection? trusted = null)
    {
        var options = new EcrOptions { Region = "eu-central-1", ControlPlane = controlPlane, ExtraCertificates = trusted };
        options.TotalTimeout = timeout ?? options.TotalTimeout;
        return new EcrApi(options, new AwsCredentials(options));
    }

    private static X509Certificate2 CompanyCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), DateTimeOffset.MaxValue);
    }

    private Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync() => Api(new Uri(_aws.Address)).GetTokenAsync(Cancel);

    private async Task<EcrFailure> FailAsync(Uri? controlPlane = null, TimeSpan? timeout = null)
    {
        var (token, failure) = await Api(controlPlane ?? new Uri(_aws.Address), timeout).GetTokenAsync(Cancel);
        Assert.Null(token);
        Assert.NotNull(failure);
        Assert.DoesNotContain("SECRET-KEY", failure.Reason, StringComparison.Ordinal);
        return failure;
    }

    private void Refuse(int status, string code, string message) =>
        _aws.EcrAnswer = (status, $$"""{"__type":"com.amazonaws.ecr#{{code}}","message":"{{message}}"}""");
}
