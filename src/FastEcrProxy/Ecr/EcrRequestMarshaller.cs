using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Util;

namespace FastEcrProxy.Ecr;

/// <summary>Writes a request in AWS's JSON 1.1 protocol.</summary>
internal sealed class EcrRequestMarshaller : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public static readonly EcrRequestMarshaller Instance = new();

    private const string ServiceName = "Amazon.ECR";

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var call = (EcrRequest)input;
        var request = new DefaultRequest(call, ServiceName)
        {
            HttpMethod = "POST",
            ResourcePath = "/",
            Content = call.Body,
        };
        request.Headers["X-Amz-Target"] = call.Service.TargetPrefix + call.Operation;
        request.Headers[HeaderKeys.ContentTypeHeader] = "application/x-amz-json-1.1";
        request.Headers[HeaderKeys.XAmzApiVersion] = call.Service.ApiVersion;
        return request;
    }
}
