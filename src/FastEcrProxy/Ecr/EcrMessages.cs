using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;
using Amazon.Util;

namespace FastEcrProxy.Ecr;

/// <summary>Any request to ECR's API, as the bytes that are sent: one type serves all operations.</summary>
internal sealed class EcrRequest(string operation, byte[] body) : AmazonWebServiceRequest
{
    public string Operation { get; } = operation;

    public byte[] Body { get; } = body;
}

/// <summary>Any answer of ECR's API, as the bytes that came.</summary>
internal sealed class EcrResponse : AmazonWebServiceResponse
{
    public byte[] Body { get; init; } = [];
}

/// <summary>An error that ECR's API answered with; its code says which.</summary>
internal sealed class EcrException(
    string message, Exception? inner, ErrorType type, string code, string requestId, HttpStatusCode status)
    : AmazonServiceException(message, inner, type, code, requestId, status);

/// <summary>Writes a request in AWS's JSON 1.1 protocol.</summary>
internal sealed class EcrRequestMarshaller : IMarshaller<IRequest, AmazonWebServiceRequest>
{
    public static readonly EcrRequestMarshaller Instance = new();

    private const string ServiceName = "Amazon.ECR";
    private const string TargetPrefix = "AmazonEC2ContainerRegistry_V20150921.";
    private const string ApiVersion = "2015-09-21";

    public IRequest Marshall(AmazonWebServiceRequest input)
    {
        var call = (EcrRequest)input;
        var request = new DefaultRequest(call, ServiceName)
        {
            HttpMethod = "POST",
            ResourcePath = "/",
            Content = call.Body,
        };
        request.Headers["X-Amz-Target"] = TargetPrefix + call.Operation;
        request.Headers[HeaderKeys.ContentTypeHeader] = "application/x-amz-json-1.1";
        request.Headers[HeaderKeys.XAmzApiVersion] = ApiVersion;
        return request;
    }
}

/// <summary>Reads an answer in AWS's JSON 1.1 protocol, whole: the caller knows its shape.</summary>
internal sealed class EcrResponseUnmarshaller : JsonResponseUnmarshaller
{
    public static readonly EcrResponseUnmarshaller Instance = new();

    public override AmazonWebServiceResponse Unmarshall(JsonUnmarshallerContext input)
    {
        using var body = new MemoryStream();
        input.Stream.CopyTo(body);
        return new EcrResponse { Body = body.ToArray() };
    }

    public override AmazonServiceException UnmarshallException(
        JsonUnmarshallerContext input, Exception innerException, HttpStatusCode statusCode)
    {
        var reader = new StreamingUtf8JsonReader(input.Stream);
        var error = JsonErrorResponseUnmarshaller.GetInstance().Unmarshall(input, ref reader);
        return new EcrException(error.Message, innerException, error.Type, error.Code, error.RequestId, statusCode);
    }
}
