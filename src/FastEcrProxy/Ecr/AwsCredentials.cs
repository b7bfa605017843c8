using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
using Amazon.Runtime.CredentialManagement;

namespace FastEcrProxy.Ecr;

/// <summary>
/// Finds the AWS credentials and the Region that a machine has, the way every AWS tool does: environment, web identity,
/// profile, container, EC2 instance; or by way of the profile and the role that the operator names. Nothing is looked for
/// before it is asked for, and nothing blocks a thread that serves.
/// </summary>
internal sealed partial class AwsCredentials(EcrOptions options)
{
    private const int KeyIdPartLength = 4;
    private const string WebIdentityVariable = "AWS_WEB_IDENTITY_TOKEN_FILE";

    // Not the SDK's shared one: what another part of the process found before must not decide what we find.
    private readonly Lazy<DefaultAWSCredentialsIdentityResolver> _chain =
        new(() => new DefaultAWSCredentialsIdentityResolver(), LazyThreadSafetyMode.PublicationOnly);

    // Its sockets open with the first role that is assumed.
    private readonly EcrConnections _sts = new(options);
    private volatile RoleCredentials? _role; // the last one, whose keys may still be good

    /// <summary>
    /// The first credentials of the chain, or those of the named profile; and the role's where one is to be assumed. The
    /// chain's are kept, and looked for again when a profile's file changes; a named profile is read anew each time.
    /// </summary>
    /// <exception cref="AmazonClientException">There are none; the message lists what was tried.</exception>
    public async Task<AWSCredentials> ResolveAsync(CancellationToken cancel)
    {
        // On the pool: parts of the chain read files, start processes or ask a socket before they first yield.
        var source = options.Credentials ?? await Task.Run(() => FindAsync(cancel), cancel).WaitAsync(cancel);
        if (options.Identity.Role is not { } role)
        {
            return source;
        }

        var region = await RegionAsync(cancel) ?? throw NoRegionFor(role);
        return _role is { } known && known.Source == source && known.Region == region
            ? known
            : _role = new RoleCredentials(source, role, region, options, _sts);
    }

    /// <summary>
    /// The configured Region, else that of the environment, the profile or the instance; null if none says. An API that is
    /// in one Region only is asked there.
    /// </summary>
    /// <remarks><c>AWS_DEFAULT_REGION</c> is what the AWS CLI and most CI systems set; the SDK does not look at it.</remarks>
    public async Task<string?> RegionAsync(CancellationToken cancel) =>
        options.Service.Region
        ?? options.Region
        ?? Variable("AWS_REGION")
        ?? Variable("AWS_DEFAULT_REGION")
        ?? await Task.Run(FallbackRegion, cancel).WaitAsync(cancel);

    /// <summary>The keys themselves; fetched where the source is a service.</summary>
    public static async Task<ImmutableCredentials> KeysOfAsync(AWSCredentials source, CancellationToken cancel) =>
        await Task.Run(source.GetCredentialsAsync, cancel).WaitAsync(cancel);

    /// <summary>One line on where the credentials come from and which they are, or on why there are none.</summary>
    public async Task<string> DescribeAsync(CancellationToken cancel)
    {
        try
        {
            var credentials = await ResolveAsync(cancel);
            try
            {
                var keys = await KeysOfAsync(credentials, cancel);
                return $"{SourceOf(credentials)}: access key {Shortened(keys.AccessKey)}";
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                return $"{SourceOf(credentials)}: no keys from there: {ReasonOf(error)}";
            }
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            return $"no AWS credentials: {ReasonOf(error)}";
        }
    }

    /// <summary>Why there are none, on one line. The SDK's errors here carry paths, names and status codes, no keys.</summary>
    internal static string ReasonOf(Exception error)
    {
        var text = error.InnerException is { } inner ? $"{error.Message} ({inner.Message})" : error.Message;
        var tried = TriedMarks().Split(text);
        return tried.Length > 1
            ? "none found; tried: " + string.Join("; ", tried.Skip(1).Select(Readable))
            : EcrFailures.OneLine(text);
    }

    /// <summary>The SDK's words, but where they blame what nobody gave, or leave out what to do.</summary>
    private static string Readable(string tried)
    {
        if (tried.StartsWith("The webIdentityTokenFile must be", StringComparison.Ordinal) && !IsSet(WebIdentityVariable))
        {
            return $"{WebIdentityVariable} is not set";
        }

        var line = EcrFailures.OneLine(tried);
        return line.Contains("is an SSO profile", StringComparison.Ordinal) ? line + " (or run 'aws sso login' first)" : line;
    }

    private Task<AWSCredentials> FindAsync(CancellationToken cancel)
    {
        if (options.Identity.Profile is not { } name)
        {
            return _chain.Value.ResolveIdentityAsync(null, cancel);
        }

        return new CredentialProfileStoreChain().TryGetAWSCredentials(name, out var credentials)
            ? Task.FromResult(credentials)
            : throw new AmazonClientException(
                $"there is no profile {name} with credentials in the AWS config file or in {new SharedCredentialsFile().FilePath}");
    }

    private string? FallbackRegion()
    {
        var named = options.Identity.Profile is { } name && new CredentialProfileStoreChain().TryGetProfile(name, out var profile)
            ? profile.Region
            : null;
        return (named ?? FallbackRegionFactory.GetRegionEndpoint(true))?.SystemName;
    }

    private static AmazonClientException NoRegionFor(AssumedRole role) =>
        new($"role {role.Arn} is assumed at the STS of a Region: name the upstream registry, or set AWS_REGION");

    private string SourceOf(AWSCredentials credentials) => credentials switch
    {
        RoleCredentials assumed => $"role {assumed.Role.Arn}, assumed with {SourceOf(assumed.Source)}",
        _ when credentials == options.Credentials => "credentials of the program itself",
        EnvironmentVariablesAWSCredentials => "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        AssumeRoleWithWebIdentityCredentials web => $"web identity: token file {web.WebIdentityTokenFile}, role {web.RoleArn}",
        GenericContainerCredentials => IsSet("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            ? "container credentials (ECS task role)"
            : "container credentials (EKS Pod Identity)",
        // The SDK's type for instances is internal to it; profiles give one of its public types.
        _ when credentials.GetType().Name.Contains("InstanceProfile", StringComparison.Ordinal) => "EC2 instance role (IMDSv2)",
        AssumeRoleAWSCredentials role => $"{Profile()}: role {role.RoleArn}",
        ProcessAWSCredentials => $"{Profile()}: credential_process",
        SSOAWSCredentials sso => $"{Profile()}: SSO account {sso.AccountId}, role {sso.RoleName}",
        _ => Profile(),
    };

    private string Profile()
    {
        var name = options.Identity.Profile ?? DefaultAWSCredentialsIdentityResolver.GetProfileName();
        var credentialsFile = new SharedCredentialsFile().FilePath;
        return File.Exists(credentialsFile) && File.ReadLines(credentialsFile).Any(line => line.Trim() == $"[{name}]")
            ? $"profile {name} of {credentialsFile}"
            : $"profile {name} of the AWS config file";
    }

    private static bool IsSet(string variable) => Variable(variable) is not null;

    /// <summary>Null for an empty one too: that is how Compose and Kubernetes say "not set".</summary>
    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string Shortened(string keyId) => keyId.Length > 3 * KeyIdPartLength
        ? $"{keyId[..KeyIdPartLength]}…{keyId[^KeyIdPartLength..]}"
        : "…"; // not AWS's: nothing that short may be shown by halves

    [GeneratedRegex(@"Exception \d+ of \d+: ")]
    private static partial Regex TriedMarks();
}
