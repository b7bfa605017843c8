using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Amazon.Runtime;
using Amazon.Runtime.Credentials.Internal;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;

namespace FastEcrProxy.Ecr;

/// <summary>
/// ECR's API on AWSSDK.Core, made the way the SDK's generated clients are, so that AWSSDK.ECR can take its place. Signing,
/// credentials, retries and clock skew are the SDK's.
/// </summary>
internal sealed class EcrClient(AWSCredentials credentials, EcrConfig config) : AmazonServiceClient(credentials, config)
{
    /// <summary>The host that it calls, for messages.</summary>
    public string Endpoint => ((EcrConfig)Config).Endpoint;

    /// <summary>Which of the two APIs that is.</summary>
    public EcrService Service => ((EcrConfig)Config).Service;

    /// <summary>Calls one operation, given its name and how its request and answer look in JSON.</summary>
    /// <exception cref="AmazonServiceException">ECR answered with an error.</exception>
    /// <exception cref="AmazonClientException">The request did not get as far.</exception>
    /// <exception cref="HttpRequestException">There was no connection, or it broke.</exception>
    /// <exception cref="JsonException">The answer is not the JSON that it should be.</exception>
    public async Task<TAnswer> CallAsync<TRequest, TAnswer>(
        string operation,
        TRequest request,
        JsonTypeInfo<TRequest> requestType,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancel)
    {
        var call = new EcrRequest(Service, operation, JsonSerializer.SerializeToUtf8Bytes(request, requestType));
        var invoke = new InvokeOptions
        {
            RequestMarshaller = EcrRequestMarshaller.Instance,
            ResponseUnmarshaller = EcrResponseUnmarshaller.Instance,
        };

        var response = await InvokeAsync<EcrResponse>(call, invoke, cancel);
        return JsonSerializer.Deserialize(response.Body, answerType) ?? throw new JsonException("The answer is 'null'.");
    }

    protected override void CustomizeRuntimePipeline(RuntimePipeline pipeline)
    {
        pipeline.RemoveHandler<EndpointResolver>();
        pipeline.AddHandlerAfter<Marshaller>(new EcrEndpointResolver());
        pipeline.AddHandlerAfter<Marshaller>(new SignatureVersion4());
    }

    /// <summary>ECR signs every operation the same way.</summary>
    private sealed class SignatureVersion4 : BaseAuthResolverHandler
    {
        protected override List<IAuthSchemeOption> ResolveAuthOptions(IExecutionContext executionContext) =>
            AuthSchemeOption.DEFAULT_SIGV4;
    }
}
