using System.Security.Cryptography.X509Certificates;
using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>Which AWS to talk to, and how patiently.</summary>
internal sealed record EcrOptions
{
    /// <summary>Private registries, or ECR Public.</summary>
    public EcrService Service { get; set; } = EcrService.Private;

    /// <summary>
    /// The Region to ask for tokens. Null: that of <c>AWS_REGION</c> or <c>AWS_DEFAULT_REGION</c>, the AWS profile or the
    /// EC2 instance, in this order. Not asked for where <see cref="Service"/> is in one Region only.
    /// </summary>
    public string? Region { get; set; }

    /// <summary>Whether to use FIPS 140 endpoints. False leaves it to <c>AWS_USE_FIPS_ENDPOINT</c> and the AWS profile.</summary>
    public bool Fips { get; set; }

    /// <summary>Whether to use IPv6 endpoints. False leaves it to <c>AWS_USE_DUALSTACK_ENDPOINT</c> and the AWS profile.</summary>
    public bool DualStack { get; set; }

    /// <summary>
    /// Another address for ECR's API: a private endpoint, or LocalEcr. Null: <c>AWS_ENDPOINT_URL_ECR</c>, else the Region's.
    /// </summary>
    public Uri? ControlPlane { get; set; }

    /// <summary>As whom AWS is asked.</summary>
    public AwsIdentity Identity { get; set; } = AwsIdentity.Default;

    /// <summary>
    /// Credentials to use without looking for any, as the demo's. Null: those that the machine has. They come before
    /// <see cref="Identity"/>'s profile; its role is assumed with them.
    /// </summary>
    public AWSCredentials? Credentials { get; set; }

    /// <summary>
    /// CAs trusted besides the system's when talking to ECR's API, and to STS for the role of <see cref="Identity"/>. Null: none.
    /// What a profile needs of STS and SSO knows only the system's.
    /// </summary>
    public X509Certificate2Collection? ExtraCertificates { get; set; }

    /// <summary>
    /// How long a connection may take. Default 3 s: within a Region it takes milliseconds, and a lost
    /// SYN is repeated after 1 s.
    /// </summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long getting a token may take in all, with retries and with finding credentials. Default 20 s: room for three
    /// attempts at an unreachable address and the pauses between them.
    /// </summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The options that follow from the name of a registry.</summary>
    public static EcrOptions For(EcrHost host) => new() { Region = host.Region, Fips = host.Fips, DualStack = host.DualStack };
}
