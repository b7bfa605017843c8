using System.Net;

namespace FastEcrProxy.LocalEcr;

/// <summary>The ECR of one account in one Region: registry, layers and control plane.</summary>
public sealed class LocalRegion : LocalService
{
    private readonly Uri? _layersElsewhere;

    internal LocalRegion(LocalRegionOptions region, LocalEcrOptions options, RegionNeighbours neighbours)
        : base(region.Name, region.Manners, options, new Content((region.Account ?? options.Account).Id, options.Clock))
    {
        Account = region.Account ?? options.Account;
        Neighbours = neighbours;
        LayerUrls = new LayerUrls(Name, Account.AccessKeyId, options);
        Door = new EcrDoor(this);
        _layersElsewhere = region.LayersElsewhere;

        var (loopback, tls) = (IPAddress.Loopback, options.Certificate);
        var registry = new RegistryOrigin(this);
        var layers = new LayersOrigin(this);
        var controlPlane = new ControlPlaneOrigin(this);
        Add(OriginName.Registry, new(loopback, region.RegistryPort, tls, Faults, registry.AnswerAsync));
        Add(OriginName.Layers, new(options.LayersAddress, region.LayersPort, tls, Faults, layers.AnswerAsync));
        Add(OriginName.ControlPlane, new(loopback, region.ControlPlanePort, null, Faults, controlPlane.AnswerAsync));
    }

    /// <summary>Whose registry this is.</summary>
    public LocalAccount Account { get; }

    public string AccountId => Account.Id;

    /// <summary>The key that the account's requests to the control plane are signed with.</summary>
    public string AccessKeyId => Account.AccessKeyId;

    /// <summary>Its secret. It opens nothing but this stand-in.</summary>
    public string SecretAccessKey => Account.SecretAccessKey;

    /// <summary>Where blob requests are redirected to: the stand-in for S3, here or elsewhere.</summary>
    public Uri Layers => _layersElsewhere ?? base.RedirectTarget;

    /// <summary>Where the AWS API is. It answers every account of the Region, as the one address of a real Region does.</summary>
    public Uri ControlPlane => Origin(OriginName.ControlPlane)!.Address;

    /// <summary>The host that ECR would have here, such as <c>123456789012.dkr.ecr.eu-west-1.amazonaws.com</c>.</summary>
    public string EcrHost => $"{AccountId}.dkr.ecr.{Name}.{(IsChina ? "amazonaws.com.cn" : "amazonaws.com")}";

    internal override string RegistryId => AccountId;

    internal override IRegistryDoor Door { get; }

    internal override LayerUrls LayerUrls { get; }

    internal override Uri RedirectTarget => Layers;

    internal RegionNeighbours Neighbours { get; }

    internal TokenIssuer Tokens => Neighbours.Tokens;

    private string Partition => IsChina ? "aws-cn" : Name.StartsWith("us-gov-", StringComparison.Ordinal) ? "aws-us-gov" : "aws";

    private bool IsChina => Name.StartsWith("cn-", StringComparison.Ordinal);

    /// <summary>A registry token without asking the control plane, for clients that want a user name and a password.</summary>
    /// <param name="identity">Who is to have it; null: the account's own key.</param>
    public RegistryToken MintToken(LocalIdentity? identity = null) => Tokens.Mint(AccountId, identity);

    /// <summary>Replicates from now on what is pushed or put here to another registry; one more call for each destination.</summary>
    /// <param name="destination">In another Region or of another account.</param>
    /// <param name="prefix">Which repositories, by the beginning of their names; all when empty.</param>
    /// <param name="mode">At whose pace.</param>
    public LocalReplication ReplicateTo(
        LocalRegion destination, string prefix = "", ReplicationMode mode = ReplicationMode.AtOnce) =>
        new(Content, destination.Content, prefix, mode);

    internal string ArnOf(string repository) => $"arn:{Partition}:ecr:{Name}:{AccountId}:repository/{repository}";

    internal override string Denial(string action, string repository, string? accountId = null, string? who = null) =>
        $"User: arn:{Partition}:sts::{accountId ?? AccountId}:assumed-role/{who ?? "local"}/session is not authorized to perform: "
        + $"ecr:{action} on resource: {(repository.Length > 0 ? ArnOf(repository) : "*")} "
        + $"because no identity-based policy allows the ecr:{action} action";

    internal override void ExpireTokens() => Tokens.ExpireAll();
}
