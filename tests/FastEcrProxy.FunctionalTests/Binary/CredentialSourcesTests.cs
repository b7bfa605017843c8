using System.Security.Cryptography;
using System.Text;
using FastEcrProxy.FunctionalTests.Cli;
using FastEcrProxy.FunctionalTests.Ecr;
using FastEcrProxy.FunctionalTests.Processes;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>
/// Every source of credentials in the executable that ships. The SDK finds some of its parts by name: trimmed away, they are
/// missed by nobody until a machine needs that source.
/// </summary>
public sealed class CredentialSourcesTests : IAsyncLifetime
{
    private const string Role = "arn:aws:iam::123456789012:role/pull";
    private const string StartUrl = "https://example.awsapps.com/start";
    private const string Region = "eu-central-1";

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("fep-home-");
    private readonly Dictionary<string, string> _environment = [];
    private MockAws _aws = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _aws = await MockAws.StartAsync(certificate: null, Cancel);
        _environment["HOME"] = _home.FullName;
        _environment["FEP_Upstream__Host"] = $"123456789012.dkr.ecr.{Region}.amazonaws.com";
        _environment["FEP_Upstream__Endpoint"] = _aws.Address;
        _environment["FEP_Aws__ControlPlane"] = _aws.Address;
        _environment["FEP_Cache__Directory"] = Path.Combine(_home.FullName, "cache");
        _environment["FEP_Cache__Size"] = "16MiB";
        _environment["AWS_ENDPOINT_URL_STS"] = _aws.Address;
        _environment["AWS_ENDPOINT_URL_SSO"] = _aws.Address;
        _environment["AWS_ENDPOINT_URL_SSO_OIDC"] = _aws.Address;
    }

    public async ValueTask DisposeAsync()
    {
        await _aws.DisposeAsync();
        _home.Delete(recursive: true);
    }

    [Fact]
    public async Task EnvironmentKeys_SignTheRequest()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT00000";
        _environment["AWS_SECRET_ACCESS_KEY"] = "SECRET-KEY";

        await AssertSignedWithAsync("AKIAENVIRONMENT00000", "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    }

    [Fact]
    public async Task ProfilesKeys_SignTheRequest()
    {
        Config("[default]\naws_access_key_id=AKIAPROFILE000000000\naws_secret_access_key=SECRET-KEY\n");

        await AssertSignedWithAsync("AKIAPROFILE000000000", "profile default of the AWS config file");
    }

    [Fact]
    public async Task CredentialProcess_SignsTheRequest()
    {
        var answer = """{"Version":1,"AccessKeyId":"AKIAPROCESSKEYS00006","SecretAccessKey":"SECRET-KEY"}""";
        Config($"[default]\ncredential_process=/bin/cat {Write("keys.json", answer)}\n");

        await AssertSignedWithAsync("AKIAPROCESSKEYS00006", "profile default of the AWS config file: credential_process");
    }

    [Fact]
    public async Task RoleWithASourceProfile_IsTakenWithThatProfilesKeys()
    {
        Config($"""
            [profile keys]
            aws_access_key_id=AKIAPROFILE000000000
            aws_secret_access_key=SECRET-KEY
            [profile role]
            role_arn={Role}
            source_profile=keys
            """);
        _environment["AWS_PROFILE"] = "role";
        _environment["AWS_REGION"] = Region;

        await AssertSignedWithAsync(MockAws.RoleKeys, $"profile role of the AWS config file: role {Role}");
        AssertAssumedWith("AKIAPROFILE000000000");
    }

    [Fact]
    public async Task RoleThatTheConfigurationNames_IsAssumedWithWhatIsFound()
    {
        _environment["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT00000";
        _environment["AWS_SECRET_ACCESS_KEY"] = "SECRET-KEY";
        _environment["FEP_Aws__RoleArn"] = Role;
        _environment["FEP_Aws__ExternalId"] = "external-1";

        await AssertSignedWithAsync(
            MockAws.RoleKeys, $"role {Role}, assumed with environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
        AssertAssumedWith("AKIAENVIRONMENT00000");
        Assert.Contains(_aws.Requests, request => request.Body.Contains("&ExternalId=external-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ProfileThatTheConfigurationNames_IsTaken()
    {
        Config("[default]\naws_access_key_id=AKIADEFAULT000000000\naws_secret_access_key=SECRET-KEY\n"
            + "[profile team]\naws_access_key_id=AKIAPROFILE000000000\naws_secret_access_key=SECRET-KEY\n");
        _environment["FEP_Aws__Profile"] = "team";

        await AssertSignedWithAsync("AKIAPROFILE000000000", "profile team of the AWS config file");
    }

    [Fact]
    public async Task RoleWithTheInstanceAsSource_IsTakenWithItsKeys()
    {
        Config($"[profile role]\nrole_arn={Role}\ncredential_source=Ec2InstanceMetadata\n");
        _environment["AWS_PROFILE"] = "role";
        _environment["AWS_REGION"] = Region;
        UseInstanceMetadata();

        await AssertSignedWithAsync(MockAws.RoleKeys, $"profile role of the AWS config file: role {Role}");
        AssertAssumedWith(MockAws.InstanceKeys);
    }

    [Fact]
    public async Task RoleWithAnSsoProfileAsSource_IsTakenWithItsKeys()
    {
        Config($"""
            [profile person]
            sso_start_url={StartUrl}
            sso_region={Region}
            sso_account_id=123456789012
            sso_role_name=pull
            [profile role]
            role_arn={Role}
            source_profile=person
            """);
        WriteLogin(StartUrl, "CACHED-TOKEN", TimeSpan.FromHours(1));
        _environment["AWS_PROFILE"] = "role";
        _environment["AWS_REGION"] = Region;

        await AssertSignedWithAsync(MockAws.RoleKeys, $"profile role of the AWS config file: role {Role}");
        AssertAssumedWith(MockAws.SsoKeys);
    }

    [Fact]
    public async Task WebIdentity_SignsTheRequestWithTheRolesKeys()
    {
        var file = Write("web-token", "WEB-TOKEN");
        _environment["AWS_REGION"] = Region;
        _environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = file;
        _environment["AWS_ROLE_ARN"] = Role;

        await AssertSignedWithAsync(MockAws.WebIdentityKeys, $"web identity: token file {file}, role {Role}");
        Assert.Contains(_aws.Requests, request => request.Body.Contains("WebIdentityToken=WEB-TOKEN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WebIdentityOfAProfile_SignsTheRequestWithTheRolesKeys()
    {
        var file = Write("web-token", "WEB-TOKEN");
        Config($"[default]\nrole_arn={Role}\nweb_identity_token_file={file}\nrole_session_name=pull\nregion={Region}\n");

        await AssertSignedWithAsync(MockAws.WebIdentityKeys, $"web identity: token file {file}, role {Role}");
    }

    [Fact]
    public async Task SsoProfile_SignsTheRequestWithTheRolesKeys()
    {
        Config($"[default]\nsso_start_url={StartUrl}\nsso_region={Region}\nsso_account_id=123456789012\nsso_role_name=pull\n");
        WriteLogin(StartUrl, "CACHED-TOKEN", TimeSpan.FromHours(1));

        await AssertSignedWithAsync(MockAws.SsoKeys, "profile default of the AWS config file: SSO account 123456789012, role pull");
        AssertSsoAskedWith("CACHED-TOKEN");
    }

    [Fact]
    public async Task SsoSessionThatHasRunOut_IsRenewed()
    {
        Config($"""
            [default]
            sso_session=company
            sso_account_id=123456789012
            sso_role_name=pull
            [sso-session company]
            sso_start_url={StartUrl}
            sso_region={Region}
            sso_registration_scopes=sso:account:access
            """);
        WriteLogin("company", "CACHED-TOKEN", TimeSpan.FromHours(-1));

        await AssertSignedWithAsync(MockAws.SsoKeys, "profile default of the AWS config file: SSO account 123456789012, role pull");
        AssertSsoAskedWith("RENEWED-TOKEN");
    }

    [Fact]
    public async Task ContainerCredentials_SignTheRequest()
    {
        _environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = _aws.Address + "/container";
        _environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = Write("pod-token", "POD-TOKEN");

        await AssertSignedWithAsync(MockAws.ContainerKeys, "container credentials (EKS Pod Identity)");
        Assert.Contains(_aws.Requests, request => request.Headers.GetValueOrDefault("Authorization") == "POD-TOKEN");
    }

    [Fact]
    public async Task InstanceRole_SignsTheRequestByWayOfAMetadataSession()
    {
        UseInstanceMetadata();

        await AssertSignedWithAsync(MockAws.InstanceKeys, "EC2 instance role (IMDSv2)");
        Assert.Contains(_aws.Requests, request => request.Headers.GetValueOrDefault("X-aws-ec2-metadata-token") == "metadata-session");
    }

    /// <summary><c>check</c> names the source and gets its token with a request that was signed with these keys.</summary>
    private async Task AssertSignedWithAsync(string accessKey, string source)
    {
        var run = await CliRun.RunAsync(Executable.Published, _environment, "check");

        Assert.Empty(run.Errors);
        Assert.Contains($"ok    AWS credentials: {source}: access key AKIA…{accessKey[^4..]}", run.OutputLines);
        Assert.Contains(run.OutputLines, line => line.StartsWith("ok    ECR token: good until ", StringComparison.Ordinal));
        Assert.DoesNotContain("SECRET-KEY", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("-TOKEN", run.Output, StringComparison.Ordinal);
        var request = Assert.Single(_aws.EcrRequests);
        Assert.Contains($"Credential={accessKey}/", request.Headers["Authorization"], StringComparison.Ordinal);
    }

    private void AssertAssumedWith(string accessKey)
    {
        var assumed = Assert.Single(
            _aws.Requests, request => request.Body.StartsWith("Action=AssumeRole&", StringComparison.Ordinal));
        Assert.Contains($"Credential={accessKey}/", assumed.Headers["Authorization"], StringComparison.Ordinal);
    }

    private void AssertSsoAskedWith(string token)
    {
        var asked = Assert.Single(_aws.Requests, request => request.Path == "/federation/credentials");
        Assert.Equal(token, asked.Headers["x-amz-sso_bearer_token"]);
    }

    private void UseInstanceMetadata()
    {
        _environment["AWS_EC2_METADATA_DISABLED"] = "false";
        _environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = _aws.Address;
    }

    private void Config(string text) => Write(".aws/config", text);

    /// <summary>What <c>aws sso login</c> leaves behind.</summary>
    private void WriteLogin(string session, string accessToken, TimeSpan left)
    {
        var name = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(session)));
        var now = TimeProvider.System.GetUtcNow();
        Write($".aws/sso/cache/{name}.json", $$"""
            {"startUrl":"{{StartUrl}}","region":"{{Region}}",
             "accessToken":"{{accessToken}}","expiresAt":"{{now + left:yyyy-MM-ddTHH:mm:ssZ}}",
             "clientId":"client","clientSecret":"SECRET-KEY","registrationExpiresAt":"{{now.AddDays(30):yyyy-MM-ddTHH:mm:ssZ}}",
             "refreshToken":"REFRESH-TOKEN"}
            """);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_home.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }
}
