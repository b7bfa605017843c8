using System.Net;
using System.Text.Json;
using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>Turns what went wrong with a question to AWS into a verdict and a sentence that an operator can act on.</summary>
/// <param name="operation">How AWS's policies call the question.</param>
/// <param name="permissions">What a principal has to be allowed for it.</param>
internal sealed class EcrFailures(string operation, string permissions)
{
    private const int TextLengthMax = 500; // a sentence for a log line, whatever the other side sends

    /// <summary>Of questions for a token.</summary>
    public EcrFailures(EcrService service)
        : this(service.Operation, service.Permissions)
    {
    }

    /// <summary>The call was made, and failed.</summary>
    /// <param name="error">What the SDK threw.</param>
    /// <param name="endpoint">The host that was called, for the sentence.</param>
    public EcrFailure FromCall(Exception error, string endpoint) => error switch
    {
        AmazonServiceException service when service.StatusCode >= HttpStatusCode.BadRequest => FromAnswer(service, endpoint),
        JsonException => new(EcrError.BadAnswer, $"{operation} at {endpoint}: the answer is not ECR's JSON. Is it ECR's API?"),
        _ => Unreachable(endpoint, OneLine(Innermost(error).Message)),
    };

    /// <summary>There was nothing to sign the call with.</summary>
    public EcrFailure NoCredentials(Exception error) => new(
        EcrError.NoCredentials,
        $"No AWS credentials for {operation}: {AwsCredentials.ReasonOf(error)}");

    /// <summary>The search for credentials or Region did not come to an end.</summary>
    public EcrFailure NoCredentialsInTime(TimeSpan limit) => new(
        EcrError.NoCredentials,
        $"No AWS credentials for {operation} within {limit.TotalSeconds:0.#} s: "
        + "the profile's process, STS, the container's or the instance's metadata does not answer");

    /// <summary>Nothing says which Region to ask.</summary>
    public EcrFailure NoRegion() => new(
        EcrError.NoCredentials,
        $"No AWS Region for {operation}: name the upstream registry, or set AWS_REGION");

    /// <summary>Neither keys nor a Region: both are said at once.</summary>
    public EcrFailure NoCredentialsAndNoRegion(EcrFailure none) =>
        none with { Reason = $"{none.Reason}. {NoRegion().Reason}" };

    /// <summary>Nothing came back in time.</summary>
    public EcrFailure TimedOut(string endpoint, TimeSpan after) =>
        Unreachable(endpoint, $"no answer within {after.TotalSeconds:0.#} s");

    /// <summary>An answer that a token cannot be made of.</summary>
    public EcrFailure BadAnswer(string endpoint, string what) =>
        new(EcrError.BadAnswer, $"{operation} at {endpoint}: {what}");

    /// <summary>Text of others, made fit for one line of a log.</summary>
    public static string OneLine(string text)
    {
        var printable = string.Create(text.Length, text, static (line, original) =>
        {
            for (var i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(original[i]) ? ' ' : original[i];
            }
        });
        var line = string.Join(' ', printable.Split(' ', StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
        return line.Length <= TextLengthMax ? line : line[..TextLengthMax] + "…";
    }

    private EcrFailure FromAnswer(AmazonServiceException error, string endpoint) => error switch
    {
        { StatusCode: >= HttpStatusCode.InternalServerError } => Unreachable(endpoint, $"HTTP {(int)error.StatusCode}"),
        { StatusCode: HttpStatusCode.TooManyRequests } or { Retryable.Throttling: true } => Throttled(endpoint),
        _ => FromCode(error, endpoint),
    };

    private EcrFailure FromCode(AmazonServiceException error, string endpoint) => error.ErrorCode switch
    {
        "ThrottlingException" or "Throttling" or "RequestLimitExceeded" or "TooManyRequestsException" => Throttled(endpoint),
        "AccessDeniedException" or "AccessDenied" => Denied(error, endpoint),
        "UnrecognizedClientException" or "InvalidClientTokenId" or "MissingAuthenticationTokenException" => Refused(
            error, endpoint, "AWS does not know this access key in this partition: check the keys"),
        "ExpiredTokenException" or "ExpiredToken" => Refused(
            error, endpoint, "the AWS session credentials have expired: renew them"),
        // What AWS says here repeats the signed request, session token and all: it is not repeated.
        "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignatureException" => Refused(
            error, endpoint, "the signature does not match: check the secret key and this machine's clock"),
        _ when error.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => Refused(
            error, endpoint, $"HTTP {(int)error.StatusCode}"),
        _ => BadAnswer(endpoint, $"HTTP {(int)error.StatusCode} {OneLine(error.ErrorCode ?? "without an error code")}"),
    };

    private EcrFailure Denied(AmazonServiceException error, string endpoint) => new(
        EcrError.AccessDenied,
        $"{operation} at {endpoint} is denied to {PrincipalIn(error.Message)}: "
        + $"allow {permissions} on resource * in its policies. AWS says: {OneLine(error.Message)}");

    private EcrFailure Refused(AmazonServiceException error, string endpoint, string why) =>
        new(EcrError.AccessDenied, $"{operation} at {endpoint}: {why} ({OneLine(error.ErrorCode ?? "no error code")})");

    private EcrFailure Throttled(string endpoint) =>
        new(EcrError.Throttled, $"{operation} at {endpoint} is throttled by AWS: it is tried again by itself");

    private EcrFailure Unreachable(string endpoint, string why) => new(
        EcrError.Unreachable,
        $"{operation} at {endpoint}: {why}. Check DNS, routes, VPC endpoint, proxy and security groups");

    /// <summary>The ARN in "User: arn:… is not authorized to perform: …".</summary>
    private static string PrincipalIn(string message)
    {
        const string mark = "User: ";
        var start = message.IndexOf(mark, StringComparison.Ordinal);
        if (start < 0)
        {
            return "this principal";
        }

        var arn = message.AsSpan(start + mark.Length);
        var end = arn.IndexOf(' ');
        return OneLine((end < 0 ? arn : arn[..end]).ToString());
    }

    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error;
    }
}
