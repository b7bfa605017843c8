using Amazon.Runtime;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.FunctionalTests.Ecr;

/// <summary>Another identity than the machine's own: a named profile, and a role that is assumed with what was found.</summary>
[Collection(AwsEnvironmentCollection.Name)]
public sealed class AssumedRoleTests : IAsyncLifetime
{
    private const string Role = "arn:aws:iam::210987654321:role/team/pull";

    private readonly AwsEnvironment _environment = new();
    private MockAws _aws = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _aws = await MockAws.StartAsync(certificate: null, Cancel);
        _environment["AWS_ENDPOINT_URL_STS"] = _aws.Address;
        _environment["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT00000";
        _environment["AWS_SECRET_ACCESS_KEY"] = "SECRET-KEY";
    }

    public async ValueTask DisposeAsync()
    {
        await _aws.DisposeAsync();
        _environment.Dispose();
    }

    [Fact]
    public async Task Role_IsAssumedWithTheMachinesKeys_InTheRegistrysRegion()
    {
        _environment["AWS_REGION"] = "eu-west-3"; // the machine's: not where the registry is

        var (requests, description) = await SignAsync(Options(role: Role, externalId: "shared:with/owner"), MockAws.RoleKeys);

        var assumed = Assert.Single(requests);
        Assert.Contains("&RoleArn=" + Uri.EscapeDataString(Role), assumed.Body, StringComparison.Ordinal);
        Assert.Contains("&ExternalId=shared%3Awith%2Fowner", assumed.Body, StringComparison.Ordinal);
        Assert.Contains("&RoleSessionName=fast-ecr-proxy", assumed.Body, StringComparison.Ordinal);
        Assert.Contains("&DurationSeconds=3600", assumed.Body, StringComparison.Ordinal);
        Assert.Matches(
            "Credential=AKIAENVIRONMENT00000/[0-9]{8}/eu-central-1/sts/aws4_request", assumed.Headers["Authorization"]);
        Assert.Equal(
            $"role {Role}, assumed with environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: access key AKIA…0004",
            description);
    }

    [Fact]
    public async Task Role_IsAssumedWithoutAnExternalId_AndUnderAnotherName()
    {
        var (requests, _) = await SignAsync(Options(role: Role, sessionName: "edge-7"), MockAws.RoleKeys);

        var assumed = Assert.Single(requests);
        Assert.Contains("&RoleSessionName=edge-7", assumed.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("ExternalId", assumed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RoleOfChina_IsAssumedThere()
    {
        var options = Options(role: "arn:aws-cn:iam::210987654321:role/pull");
        options.Region = "cn-north-1";

        var (requests, _) = await SignAsync(options, MockAws.RoleKeys);

        Assert.Contains("/cn-north-1/sts/aws4_request", Assert.Single(requests).Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Profile_IsTakenInsteadOfTheMachinesKeys()
    {
        WriteProfile();

        var (requests, description) = await SignAsync(Options(profile: "team"), "AKIAPROFILE000000000");

        Assert.StartsWith("profile team of ", description, StringComparison.Ordinal);
        Assert.Empty(requests);
    }

    [Fact]
    public async Task ProfilesKeysThatChange_AreTakenForTheNextToken()
    {
        var options = Options(profile: "team");
        var api = new EcrApi(options, new AwsCredentials(options));
        WriteProfile();
        await api.GetTokenAsync(Cancel);
        WriteProfile("AKIACHANGED000000000");

        await api.GetTokenAsync(Cancel);

        Assert.Equal(["AKIAPROFILE000000000", "AKIACHANGED000000000"], _aws.EcrRequests.Select(SignerOf));
    }

    [Fact]
    public async Task RolesKeys_AreKeptWhileTheyAreGood()
    {
        var options = Options(role: Role);
        var api = new EcrApi(options, new AwsCredentials(options));

        await api.GetTokenAsync(Cancel);
        await api.GetTokenAsync(Cancel);

        Assert.Equal([MockAws.RoleKeys, MockAws.RoleKeys], _aws.EcrRequests.Select(SignerOf));
        Assert.Single(Assumed);
    }

    [Fact]
    public async Task Role_IsAssumedWithTheProfilesKeys()
    {
        WriteProfile();

        var (requests, _) = await SignAsync(Options(profile: "team", role: Role), MockAws.RoleKeys);

        Assert.Equal("AKIAPROFILE000000000", SignerOf(Assert.Single(requests)));
    }

    [Fact]
    public async Task Role_IsAssumedWithTheProgramsOwnKeys()
    {
        var options = Options(role: Role);
        options.Credentials = new BasicAWSCredentials("AKIAPROGRAM000000000", "SECRET-KEY");

        var (requests, _) = await SignAsync(options, MockAws.RoleKeys);

        Assert.Equal("AKIAPROGRAM000000000", SignerOf(Assert.Single(requests)));
    }

    [Fact]
    public async Task ProfileThatIsNotThere_IsNamed()
    {
        var failure = await FailAsync(Options(profile: "absent"));

        Assert.Equal(EcrError.NoCredentials, failure.Error);
        Assert.Contains("there is no profile absent with credentials", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RoleThatMayNotBeAssumed_IsNamedInAwsWords()
    {
        const string User = "User: arn:aws:iam::123456789012:user/ci";
        _aws.StsRefusal = ("AccessDenied", $"{User} is not authorized to perform: sts:AssumeRole on resource: {Role}");

        var failure = await FailAsync(Options(role: Role, externalId: "external-1"));

        Assert.Equal(EcrError.NoCredentials, failure.Error);
        Assert.Contains($"role {Role} cannot be assumed at the STS of eu-central-1: {User}", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("external-1", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongSignature_IsSaidWithoutTheRequestThatAwsQuotes()
    {
        _aws.StsRefusal = ("SignatureDoesNotMatch", "The Canonical String should have been 'x-amz-security-token:SESSION-TOKEN'");

        var failure = await FailAsync(Options(role: Role));

        Assert.EndsWith(": SignatureDoesNotMatch", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SilentSts_IsGivenUpInTime()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        _environment["AWS_ENDPOINT_URL_STS"] = $"http://{silent.LocalEndpoint}";
        var options = Options(role: Role);
        options.TotalTimeout = TimeSpan.FromSeconds(1);

        Assert.Equal(EcrError.NoCredentials, (await FailAsync(options)).Error);
    }

    [Fact]
    public async Task MachineWithoutARegion_IsToldThatARoleNeedsOne()
    {
        var options = Options(role: Role);
        options.Region = null;

        Assert.Contains("set AWS_REGION", (await FailAsync(options)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegionOfTheProfile_IsItsOwn()
    {
        AwsEnvironment.File("config", "[profile team]\nregion=ap-south-1\n");
        var credentials = new AwsCredentials(new EcrOptions { Identity = new AwsIdentity { Profile = "team" } });

        Assert.Equal("ap-south-1", await credentials.RegionAsync(Cancel));
    }

    [Fact]
    public async Task TokenOfThePublicRegistry_IsAskedForInItsOwnWords()
    {
        _aws.EcrAnswer = (200, """{"authorizationData":{"authorizationToken":"QVdTOnRva2Vu","expiresAt":4102444800}}""");
        var options = Options(role: Role);
        options.Service = EcrService.Public;
        options.Region = "eu-central-1";

        var (token, failure) = await new EcrApi(options, new AwsCredentials(options)).GetTokenAsync(Cancel);

        Assert.Null(failure);
        Assert.Equal("Basic QVdTOnRva2Vu", token!.Header);
        var request = Assert.Single(_aws.EcrRequests);
        Assert.Equal("SpencerFrontendService.GetAuthorizationToken", request.Headers["X-Amz-Target"]);
        Assert.Contains("/us-east-1/ecr-public/aws4_request", request.Headers["Authorization"], StringComparison.Ordinal);
        Assert.Contains("/us-east-1/sts/aws4_request", Assert.Single(Assumed).Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndpointOfThePublicRegistrysApi_MayComeFromTheEnvironment()
    {
        _aws.EcrAnswer = (200, """{"authorizationData":{"authorizationToken":"QVdTOnRva2Vu","expiresAt":4102444800}}""");
        _environment["AWS_ENDPOINT_URL_ECR_PUBLIC"] = _aws.Address;
        var options = new EcrOptions { Service = EcrService.Public };

        Assert.NotNull((await new EcrApi(options, new AwsCredentials(options)).GetTokenAsync(Cancel)).Token);
    }

    [Theory]
    [InlineData("""{"authorizationData":[{"authorizationToken":"x","expiresAt":4102444800}]}""")]
    [InlineData("""{"authorizationData":null}""")]
    [InlineData("{}")]
    public async Task AnswerOfThePublicRegistrysApi_ThatHasNoToken_IsABadAnswer(string body)
    {
        _aws.EcrAnswer = (200, body);
        var options = Options();
        options.Service = EcrService.Public;

        Assert.Equal(EcrError.BadAnswer, (await FailAsync(options)).Error);
    }

    private IEnumerable<MockAws.Received> Assumed =>
        _aws.Requests.Where(request => request.Body.StartsWith("Action=AssumeRole&", StringComparison.Ordinal));

    private static string SignerOf(MockAws.Received request) => request.Headers["Authorization"].Split("Credential=")[1].Split('/')[0];

    private static void WriteProfile(string keyId = "AKIAPROFILE000000000") =>
        AwsEnvironment.File("credentials", $"[team]\naws_access_key_id={keyId}\naws_secret_access_key=SECRET-KEY\n");

    private EcrOptions Options(string? profile = null, string? role = null, string? externalId = null, string? sessionName = null)
    {
        var (identity, problems) = AwsIdentity.Read(profile, role, externalId, sessionName, region: null);
        Assert.Empty(problems);
        return new EcrOptions { Region = "eu-central-1", ControlPlane = new Uri(_aws.Address), Identity = identity };
    }

    /// <summary>The token's request comes signed with that key; gives the requests to STS for it, and what <c>check</c> says.</summary>
    private async Task<(IReadOnlyList<MockAws.Received> Assumed, string Description)> SignAsync(EcrOptions options, string keyId)
    {
        var credentials = new AwsCredentials(options);
        var (token, failure) = await new EcrApi(options, credentials).GetTokenAsync(Cancel);
        Assert.Null(failure);
        Assert.NotNull(token);
        Assert.Equal(keyId, SignerOf(Assert.Single(_aws.EcrRequests)));
        var assumed = Assumed.ToList(); // to describe credentials one has to get them
        return (assumed, await credentials.DescribeAsync(Cancel));
    }

    private static async Task<EcrFailure> FailAsync(EcrOptions options)
    {
        var (token, failure) = await new EcrApi(options, new AwsCredentials(options)).GetTokenAsync(Cancel);
        Assert.Null(token);
        Assert.NotNull(failure);
        Assert.DoesNotContain("SECRET-KEY", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("SESSION-TOKEN", failure.Reason, StringComparison.Ordinal);
        return failure;
    }
}
