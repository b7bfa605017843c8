using System.Net;

namespace FastEcrProxy.LocalEcr;

/// <summary>The ECR of one account in one Region: three origins, the content they serve, what they were asked and how they misbehave.</summary>
public sealed class LocalRegion
{
    private readonly Dictionary<OriginName, LoopbackOrigin> _origins;
    private readonly Uri? _layersElsewhere;

    internal LocalRegion(LocalRegionOptions region, LocalEcrOptions options, RegionNeighbours neighbours)
    {
        Name = region.Name;
        Options = options;
        Account = region.Account ?? options.Account;
        Neighbours = neighbours;
        _layersElsewhere = region.LayersElsewhere;
        Manners = region.Manners;
        Content = new Content(AccountId, options.Clock);
        Uploads = new Uploads(options.UploadKeptBytesMax);
        Counters = new Counters();
        LayerUrls = new LayerUrls(Name, Account.AccessKeyId, options);
        Faults = new Faults(this);

        var registry = new RegistryOrigin(this);
        var layers = new LayersOrigin(this);
        var controlPlane = new ControlPlaneOrigin(this);
        _origins = new()
        {
            [OriginName.Registry] = new(IPAddress.Loopback, region.RegistryPort, options.Certificate, Faults, registry.AnswerAsync),
            [OriginName.Layers] = new(options.LayersAddress, region.LayersPort, options.Certificate, Faults, layers.AnswerAsync),
            [OriginName.ControlPlane] = new(IPAddress.Loopback, region.ControlPlanePort, null, Faults, controlPlane.AnswerAsync),
        };
    }

    public string Name { get; }

    /// <summary>Whose registry this is.</summary>
    public LocalAccount Account { get; }

    public string AccountId => Account.Id;

    /// <summary>The key that the account's requests to the control plane are signed with.</summary>
    public string AccessKeyId => Account.AccessKeyId;

    /// <summary>Its secret. It opens nothing but this stand-in.</summary>
    public string SecretAccessKey => Account.SecretAccessKey;

    /// <summary>Where <c>/v2/</c> is.</summary>
    public Uri Registry => _origins[OriginName.Registry].Address;

    /// <summary>Where blob requests are redirected to: the stand-in for S3, here or elsewhere.</summary>
    public Uri Layers => _layersElsewhere ?? _origins[OriginName.Layers].Address;

    /// <summary>Where the AWS API is. It answers every account of the Region, as the one address of a real Region does.</summary>
    public Uri ControlPlane => _origins[OriginName.ControlPlane].Address;

    public Content Content { get; }

    public Counters Counters { get; }

    public Faults Faults { get; }

    /// <summary>
    /// Whether a push may mount a blob of another repository; as ECR's account setting BLOB_MOUNTING, off until it is put.
    /// </summary>
    public bool BlobMounting { get; set; }

    /// <summary>The host that ECR would have here, such as <c>123456789012.dkr.ecr.eu-west-1.amazonaws.com</c>.</summary>
    public string EcrHost => $"{AccountId}.dkr.ecr.{Name}.{(IsChina ? "amazonaws.com.cn" : "amazonaws.com")}";

    internal LocalEcrOptions Options { get; }

    internal RegistryManners Manners { get; }

    internal Uploads Uploads { get; }

    internal RegionNeighbours Neighbours { get; }

    internal TokenIssuer Tokens => Neighbours.Tokens;

    internal LayerUrls LayerUrls { get; }

    internal string Partition => IsChina ? "aws-cn" : Name.StartsWith("us-gov-", StringComparison.Ordinal) ? "aws-us-gov" : "aws";

    private bool IsChina => Name.StartsWith("cn-", StringComparison.Ordinal);

    /// <summary>A registry token without asking the control plane, for clients that want a user name and a password.</summary>
    public RegistryToken MintToken() => Tokens.Mint(AccountId);

    internal string ArnOf(string repository) => $"arn:{Partition}:ecr:{Name}:{AccountId}:repository/{repository}";

    internal LoopbackOrigin Origin(OriginName name) => _origins[name];

    internal async Task OpenAsync(CancellationToken cancel)
    {
        foreach (var origin in _origins.Values)
        {
            await origin.OpenAsync(cancel);
        }
    }

    internal async Task CloseAsync()
    {
        Faults.Clear();
        foreach (var origin in _origins.Values)
        {
            await origin.DisposeAsync();
        }

        Uploads.Dispose();
    }
}
