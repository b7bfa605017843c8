using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>Any answer of ECR's API, as the bytes that came.</summary>
internal sealed class EcrResponse : AmazonWebServiceResponse
{
    public byte[] Body { get; init; } = [];
}
