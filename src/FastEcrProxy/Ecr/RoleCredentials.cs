using Amazon;
using Amazon.Runtime;
using Amazon.SecurityToken;
using Amazon.SecurityToken.Model;

namespace FastEcrProxy.Ecr;

/// <summary>The keys of a role, assumed with other credentials at the STS of the registry's own Region.</summary>
/// <remarks>
/// The SDK's AssumeRoleAWSCredentials asks the Region of the environment, else us-east-1: in another partition than the role's
/// nobody knows these keys. It also finds STS by reflection, and trusts no CA of ours.
/// </remarks>
internal sealed class RoleCredentials(
    AWSCredentials source, AssumedRole role, string region, EcrOptions options, EcrConnections connections)
    : RefreshingAWSCredentials
{
    /// <summary>What the role is assumed with.</summary>
    public AWSCredentials Source => source;

    public AssumedRole Role => role;

    /// <summary>Whose STS is asked.</summary>
    public string Region => region;

    /// <exception cref="AmazonClientException">STS gives no keys; the message says why.</exception>
    protected override async Task<CredentialsRefreshState> GenerateNewCredentialsAsync()
    {
        using var limit = new CancellationTokenSource(options.TotalTimeout);
        using var sts = new AmazonSecurityTokenServiceClient(source, Config());
        var request = new AssumeRoleRequest
        {
            RoleArn = role.Arn.ToString(),
            RoleSessionName = role.SessionName,
            ExternalId = role.ExternalId,
            DurationSeconds = (int)role.Duration.TotalSeconds,
        };
        try
        {
            var keys = (await sts.AssumeRoleAsync(request, limit.Token)).Credentials;
            var expires = keys.Expiration ?? throw new AmazonClientException("STS does not say how long the keys are good");
            return new CredentialsRefreshState(
                new ImmutableCredentials(keys.AccessKeyId, keys.SecretAccessKey, keys.SessionToken), expires);
        }
        catch (Exception error) // the SDK passes on what its parts throw: sockets, TLS, parsers, its own two kinds
        {
            throw new AmazonClientException($"role {role.Arn} cannot be assumed at the STS of {region}: {Why(error)}");
        }
    }

    protected override CredentialsRefreshState GenerateNewCredentials() => GenerateNewCredentialsAsync().GetAwaiter().GetResult();

    private AmazonSecurityTokenServiceConfig Config()
    {
        var config = new AmazonSecurityTokenServiceConfig
        {
            RegionEndpoint = RegionEndpoint.GetBySystemName(region),
            AuthenticationRegion = region,
            RetryMode = RequestRetryMode.Standard,
            ConnectTimeout = options.ConnectTimeout,
            Timeout = options.TotalTimeout,
            HttpClientFactory = connections,
        };
        config.UseFIPSEndpoint = options.Fips || config.UseFIPSEndpoint;
        return config;
    }

    /// <summary>Only a refusal is repeated as AWS words it: about a wrong signature it quotes the request, session token and all.</summary>
    private static string Why(Exception error) => error switch
    {
        OperationCanceledException => "no answer in time",
        AmazonServiceException { ErrorCode: "AccessDenied" or "AccessDeniedException" } => EcrFailures.OneLine(error.Message),
        AmazonServiceException { ErrorCode: { Length: > 0 } code } => EcrFailures.OneLine(code),
        _ => EcrFailures.OneLine(error.GetBaseException().Message),
    };
}
