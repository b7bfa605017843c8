using System.Net;
using Amazon.Runtime;
using Amazon.Runtime.Internal.Transform;
using Amazon.Runtime.Internal.Util;

namespace FastEcrProxy.Ecr;

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
