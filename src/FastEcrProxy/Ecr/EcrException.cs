using System.Net;
using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>An error that ECR's API answered with; its code says which.</summary>
internal sealed class EcrException(
    string message, Exception? inner, ErrorType type, string code, string requestId, HttpStatusCode status)
    : AmazonServiceException(message, inner, type, code, requestId, status);
