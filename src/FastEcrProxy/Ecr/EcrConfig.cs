using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using SdkEndpoint = Amazon.Runtime.Endpoints.Endpoint;

namespace FastEcrProxy.Ecr;

/// <summary>How <see cref="EcrClient"/> connects, retries and finds its address. AWSSDK.ECR calls it AmazonECRConfig.</summary>
internal sealed class EcrConfig : ClientConfig
{
    private const int RetriesMax = 2; // three attempts in all, as in AWS's standard mode

    private static readonly DefaultConfigurationMode[] Modes =
    [
        DefaultConfigurationMode.Standard,
        DefaultConfigurationMode.InRegion,
        DefaultConfigurationMode.CrossRegion,
        DefaultConfigurationMode.Mobile,
        DefaultConfigurationMode.Auto,
    ];

    public EcrConfig(EcrOptions options, string region, EcrConnections connections)
        : base(new DefaultConfigurationProvider(Modes.Select(
            mode => new DefaultConfiguration { Name = mode, RetryMode = RequestRetryMode.Standard })))
    {
        Service = options.Service;
        ServiceId = Service.Id; // AWS_ENDPOINT_URL_ECR goes by this
        AuthenticationServiceName = Service.SigningName;
        EndpointProvider = new EcrEndpoints(Service);

        RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        AuthenticationRegion = region;
        if (options.ControlPlane is { } controlPlane)
        {
            ServiceURL = controlPlane.ToString();
        }

        UseFIPSEndpoint = options.Fips || UseFIPSEndpoint;
        UseDualstackEndpoint = options.DualStack || UseDualstackEndpoint;

        RetryMode = RequestRetryMode.Standard; // Adaptive holds one throttled call for half a minute
        MaxErrorRetry = RetriesMax;
        ConnectTimeout = options.ConnectTimeout;
        Timeout = options.TotalTimeout;
        HttpClientFactory = connections;

        Endpoint = new Uri(EndpointProvider.ResolveEndpoint(EcrEndpointResolver.Parameters(this, null)).URL).Authority;
    }

    public EcrService Service { get; }

    /// <summary>The host that requests go to, for messages.</summary>
    public string Endpoint { get; }

    public override string ServiceVersion => Service.ApiVersion;

    public override string RegionEndpointServiceName => "api." + Service.SigningName;

    public override string UserAgent => "fast-ecr-proxy";

    public override SdkEndpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) =>
        EndpointProvider.ResolveEndpoint(EcrEndpointResolver.Parameters(this, parameters.AlternateEndpoint));
}
