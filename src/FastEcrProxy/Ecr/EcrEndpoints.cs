using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Endpoint = Amazon.Runtime.Endpoints.Endpoint;

namespace FastEcrProxy.Ecr;

/// <summary>ECR's endpoint rules for the SDK: the address that is spelled out, else the Region's.</summary>
internal sealed class EcrEndpoints(EcrService service) : IEndpointProvider
{
    internal const string RegionKey = "Region";
    internal const string FipsKey = "UseFIPS";
    internal const string DualStackKey = "UseDualStack";
    internal const string EndpointKey = "Endpoint";

    public Endpoint ResolveEndpoint(EndpointParameters parameters)
    {
        if (parameters[EndpointKey] is string { Length: > 0 } address)
        {
            return new Endpoint(address);
        }

        return parameters[RegionKey] is string name && AwsRegion.TryParse(name, out var region)
            ? new Endpoint(service.ControlPlane(region, parameters[FipsKey] is true, parameters[DualStackKey] is true).ToString())
            : throw new AmazonClientException($"'{parameters[RegionKey]}' is no AWS Region.");
    }
}

/// <summary>The step of the SDK's request pipeline that asks <see cref="EcrEndpoints"/>.</summary>
internal sealed class EcrEndpointResolver : BaseEndpointResolver
{
    internal static EndpointParameters Parameters(ClientConfig config, RegionEndpoint? alternate)
    {
        var parameters = new EndpointParameters
        {
            [EcrEndpoints.RegionKey] = alternate?.SystemName ?? config.AuthenticationRegion,
            [EcrEndpoints.FipsKey] = config.UseFIPSEndpoint,
            [EcrEndpoints.DualStackKey] = config.UseDualstackEndpoint,
            [EcrEndpoints.EndpointKey] = config.ServiceURL,
        };
        return parameters;
    }

    protected override EndpointParameters MapEndpointsParameters(IRequestContext requestContext) =>
        Parameters((ClientConfig)requestContext.ClientConfig, requestContext.Request.AlternateEndpoint);
}
