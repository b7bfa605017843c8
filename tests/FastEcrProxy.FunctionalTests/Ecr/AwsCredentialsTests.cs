using Amazon.Runtime;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.FunctionalTests.Ecr;

/// <summary>Every source of credentials, up to the request that is signed with them.</summary>
[Collection(AwsEnvironmentCollection.Name)]
public sealed class AwsCredentialsTests : IAsyncLifetime
{
    private readonly AwsEnvironment _environment = new();
    private MockAws _aws = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _aws = await MockAws.StartAsync(certificate: null, Cancel);

    public async ValueTask DisposeAsync()
    {
        await _aws.DisposeAsync();
        _environment.Dispose();
    }

    [Fact]
    public async Task NoCredentials_ListsWhatWasTried()
    {
        var (failure, description) = await FailAsync();

        Assert.Equal(EcrError.NoCredentials, failure.Error);
        Assert.StartsWith("no AWS credentials: none found; tried: ", description, StringComparison.Ordinal);
        Assert.Contains("AWS_ACCESS_KEY_ID", description, StringComparison.Ordinal);
        Assert.Contains("AWS_WEB_IDENTITY_TOKEN_FILE is not set", description, StringComparison.Ordinal);
        Assert.Contains("profile", description, StringComparison.Ordinal);
        Assert.Contains("instance metadata", description, StringComparison.Ordinal);
        Assert.Contains("none found; tried: ", failure.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', description);
    }

    [Fact]
    public async Task EnvironmentKeys_SignTheRequest()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT00000";
        _environment["AWS_SECRET_ACCESS_KEY"] = "SECRET-KEY";
        _environment["AWS_SESSION_TOKEN"] = "SESSION-TOKEN";

        var (signedWith, description) = await SignAsync();

        Assert.Equal("AKIAENVIRONMENT00000", signedWith);
        Assert.Equal(
            "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: access key AKIA…0000", description);
        Assert.Equal("SESSION-TOKEN", _aws.EcrRequests.Single().Headers["X-Amz-Security-Token"]);
    }

    [Fact]
    public async Task CredentialsOfTheProgram_ComeBeforeAllOthers()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT00000";
        _environment["AWS_SECRET_ACCESS_KEY"] = "SECRET-KEY";

        var (signedWith, description) = await SignAsync(new BasicAWSCredentials("AKIAPROGRAM000000000", "SECRET-KEY"));

        Assert.Equal("AKIAPROGRAM000000000", signedWith);
        Assert.Equal("credentials of the program itself: access key AKIA…0000", description);
    }

    [Fact]
    public async Task ProfileOfAFile_SignsTheRequest()
    {
        var file = AwsEnvironment.File(
            "credentials", "[team]\naws_access_key_id=AKIAPROFILE000000000\naws_secret_access_key=SECRET-KEY\n");
        _environment["AWS_PROFILE"] = "team";

        var (signedWith, description) = await SignAsync();

        Assert.Equal("AKIAPROFILE000000000", signedWith);
        Assert.Equal($"profile team of {file}: access key AKIA…0000", description);
    }

    [Fact]
    public async Task RoleOfAProfile_IsTakenWithTheSourceProfilesKeys()
    {
        AwsEnvironment.File("config", """
            [profile keys]
            aws_access_key_id=AKIAPROFILE000000000
            aws_secret_access_key=SECRET-KEY
            [profile role]
            role_arn=arn:aws:iam::123456789012:role/pull
            source_profile=keys
            """);
        _environment["AWS_PROFILE"] = "role";
        _environment["AWS_REGION"] = "eu-central-1";
        _environment["AWS_ENDPOINT_URL_STS"] = _aws.Address;

        var (signedWith, description) = await SignAsync();

        Assert.Equal(MockAws.RoleKeys, signedWith);
        Assert.Equal(
            "profile role of the AWS config file: role arn:aws:iam::123456789012:role/pull: access key AKIA…0004", description);
        var assumed = Assert.Single(
            _aws.Requests, request => request.Body.StartsWith("Action=AssumeRole&", StringComparison.Ordinal));
        Assert.Contains("Credential=AKIAPROFILE000000000/", assumed.Headers["Authorization"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProfileThatIsNotThere_IsNamed()
    {
        _environment["AWS_PROFILE"] = "absent";

        var (failure, description) = await FailAsync();

        Assert.Equal(EcrError.NoCredentials, failure.Error);
        Assert.Contains("absent", description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContainerCredentials_SignTheRequest()
    {
        _environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = _aws.Address + "/container";
        _environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = AwsEnvironment.File("pod-token", "POD-TOKEN");

        var (signedWith, description) = await SignAsync();

        Assert.Equal(MockAws.ContainerKeys, signedWith);
        Assert.Equal("container credentials (EKS Pod Identity): access key AKIA…S001", description);
        Assert.Contains(_aws.Requests, request => request.Headers.GetValueOrDefault("Authorization") == "POD-TOKEN");
    }

    [Fact]
    public async Task WebIdentity_SignsTheRequestWithTheRolesKeys()
    {
        var tokenFile = AwsEnvironment.File("web-token", "WEB-TOKEN");
        _environment["AWS_REGION"] = "eu-central-1";
        _environment["AWS_ENDPOINT_URL_STS"] = _aws.Address;
        _environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = tokenFile;
        _environment["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/pull";

        var (signedWith, description) = await SignAsync();

        Assert.Equal(MockAws.WebIdentityKeys, signedWith);
        Assert.Equal(
            $"web identity: token file {tokenFile}, role arn:aws:iam::123456789012:role/pull: access key AKIA…0003", description);
        Assert.Contains(_aws.Requests, request => request.Body.Contains("WebIdentityToken=WEB-TOKEN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WebIdentityTokenThatIsNotThere_NamesTheFile()
    {
        _environment["AWS_REGION"] = "eu-central-1";
        _environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/nowhere/token";
        _environment["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/pull";

        var (failure, description) = await FailAsync();

        Assert.Equal(EcrError.NoCredentials, failure.Error);
        Assert.Contains("web identity: token file /nowhere/token", description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InstanceRole_SignsTheRequestByWayOfAMetadataSession()
    {
        UseInstanceMetadata();

        var (signedWith, description) = await SignAsync();

        Assert.Equal(MockAws.InstanceKeys, signedWith);
        Assert.Equal("EC2 instance role (IMDSv2): access key AKIA…0002", description);
        Assert.All(
            _aws.Requests.Where(request => request.Path.EndsWith("/node-role", StringComparison.Ordinal)),
            request => Assert.Equal("metadata-session", request.Headers["X-aws-ec2-metadata-token"]));
    }

    [Fact]
    public async Task Region_IsTheConfiguredOneBeforeTheEnvironments()
    {
        _environment["AWS_REGION"] = "eu-west-3";

        Assert.Equal("eu-central-1", await Credentials("eu-central-1").RegionAsync(Cancel));
        Assert.Equal("eu-west-3", await Credentials(region: null).RegionAsync(Cancel));
    }

    [Fact]
    public async Task RegionOfTheInstance_IsAskedForLast()
    {
        UseInstanceMetadata();

        Assert.Equal("eu-north-1", await Credentials(region: null).RegionAsync(Cancel));
    }

    private static AwsCredentials Credentials(string? region) => new(new EcrOptions { Region = region });

    private void UseInstanceMetadata()
    {
        _environment["AWS_EC2_METADATA_DISABLED"] = null;
        _environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = _aws.Address;
    }

    /// <summary>The access key that the request came signed with, and what <c>check</c> says.</summary>
    private async Task<(string? SignedWith, string Description)> SignAsync(AWSCredentials? given = null)
    {
        var (token, failure, description) = await AskAsync(given);
        Assert.Null(failure);
        Assert.NotNull(token);
        Assert.DoesNotContain("SECRET-KEY", description, StringComparison.Ordinal);
        Assert.DoesNotContain("-TOKEN", description, StringComparison.Ordinal);

        var signature = _aws.EcrRequests.Single().Headers["Authorization"];
        return (signature.Split("Credential=")[1].Split('/')[0], description);
    }

    private async Task<(EcrFailure Failure, string Description)> FailAsync()
    {
        var (token, failure, description) = await AskAsync(given: null);
        Assert.Null(token);
        Assert.NotNull(failure);
        Assert.Empty(_aws.EcrRequests);
        return (failure, description);
    }

    private async Task<(EcrToken? Token, EcrFailure? Failure, string Description)> AskAsync(AWSCredentials? given)
    {
        var options = new EcrOptions
        {
            Region = "eu-central-1",
            ControlPlane = new Uri(_aws.Address),
            Credentials = given,
        };
        var credentials = new AwsCredentials(options);
        var (token, failure) = await new EcrApi(options, credentials).GetTokenAsync(Cancel);
        return (token, failure, await credentials.DescribeAsync(Cancel));
    }
}
