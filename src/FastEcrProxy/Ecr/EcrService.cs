namespace FastEcrProxy.Ecr;

/// <summary>
/// One of the two APIs that give tokens: ECR's, for the private registries of a Region, and ECR Public's, for the one registry
/// that all share. They differ in names only.
/// </summary>
/// <remarks>The names are those of botocore's models: <c>ecr/2015-09-21</c> and <c>ecr-public/2020-10-30</c>.</remarks>
internal sealed class EcrService
{
    private EcrService()
    {
    }

    /// <summary>Private registries.</summary>
    public static EcrService Private { get; } = new()
    {
        Id = "ECR",
        SigningName = "ecr",
        TargetPrefix = "AmazonEC2ContainerRegistry_V20150921.",
        ApiVersion = "2015-09-21",
        Region = null,
        Operation = "ecr:GetAuthorizationToken",
        Permissions = "ecr:GetAuthorizationToken",
        ControlPlane = static (region, fips, dualStack) => region.ControlPlane(fips, dualStack),
    };

    /// <summary><c>public.ecr.aws</c>.</summary>
    public static EcrService Public { get; } = new()
    {
        Id = "ECR PUBLIC",
        SigningName = "ecr-public",
        TargetPrefix = "SpencerFrontendService.",
        ApiVersion = "2020-10-30",
        Region = "us-east-1",
        Operation = "ecr-public:GetAuthorizationToken",
        Permissions = "ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken",
        ControlPlane = static (region, fips, dualStack) => region.PublicControlPlane(fips, dualStack),
    };

    /// <summary>As <c>AWS_ENDPOINT_URL_…</c> and the AWS config file call it, with a blank for the underscore.</summary>
    public required string Id { get; init; }

    /// <summary>What signatures are made for.</summary>
    public required string SigningName { get; init; }

    /// <summary>What stands before an operation's name in <c>X-Amz-Target</c>.</summary>
    public required string TargetPrefix { get; init; }

    public required string ApiVersion { get; init; }

    /// <summary>The only Region that has it; null where every Region does.</summary>
    public required string? Region { get; init; }

    /// <summary>How AWS's policies call the question for a token, for sentences.</summary>
    public required string Operation { get; init; }

    /// <summary>What a principal has to be allowed for it.</summary>
    public required string Permissions { get; init; }

    /// <summary>Where it is in a Region, given whether FIPS 140 and IPv6 endpoints are wanted.</summary>
    public required Func<AwsRegion, bool, bool, Uri> ControlPlane { get; init; }

    public override string ToString() => Id;
}
