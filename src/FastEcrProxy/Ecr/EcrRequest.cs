using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>Any request to ECR's API, as the bytes that are sent: one type serves all operations.</summary>
internal sealed class EcrRequest(EcrService service, string operation, byte[] body) : AmazonWebServiceRequest
{
    public EcrService Service { get; } = service;

    public string Operation { get; } = operation;

    public byte[] Body { get; } = body;
}
