using System.Net;
using System.Text.Json;
using Amazon.Runtime;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class EcrFailuresTests
{
    private const string Endpoint = "api.ecr.eu-central-1.amazonaws.com";

    private static readonly EcrFailures Failures = new(EcrService.Private);

    [Theory]
    [InlineData("AccessDeniedException", 400, nameof(EcrError.AccessDenied))]
    [InlineData("UnrecognizedClientException", 400, nameof(EcrError.AccessDenied))]
    [InlineData("InvalidSignatureException", 400, nameof(EcrError.AccessDenied))]
    [InlineData("ExpiredTokenException", 400, nameof(EcrError.AccessDenied))]
    [InlineData("SomethingNew", 403, nameof(EcrError.AccessDenied))]
    [InlineData("ThrottlingException", 400, nameof(EcrError.Throttled))]
    [InlineData("SomethingNew", 429, nameof(EcrError.Throttled))]
    [InlineData("ServerException", 500, nameof(EcrError.Unreachable))]
    [InlineData("SomethingNew", 503, nameof(EcrError.Unreachable))]
    [InlineData("SomethingNew", 400, nameof(EcrError.BadAnswer))]
    [InlineData(null, 404, nameof(EcrError.BadAnswer))]
    public void ErrorOfAws_SaysWhoHasToAct(string? code, int status, string expected)
    {
        var failure = Failures.FromCall(Answer("no", code, status), Endpoint);

        Assert.Equal(expected, failure.Error.ToString());
        Assert.Contains(Endpoint, failure.Reason, StringComparison.Ordinal);
        Assert.Contains("ecr:GetAuthorizationToken", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reason_HasNoFullStopSinceItStandsInsideOtherSentences()
    {
        var failure = new EcrFailure(EcrError.NoCredentials, "set AWS_REGION.");

        Assert.Equal("set AWS_REGION", failure.Reason);
    }

    [Fact]
    public void MissingPermission_NamesPrincipalAndPermission()
    {
        const string message = "User: arn:aws:sts::123456789012:assumed-role/node/i-0abc is not authorized to perform: "
            + "ecr:GetAuthorizationToken on resource: * because no identity-based policy allows it";

        var failure = Failures.FromCall(Answer(message, "AccessDeniedException", 400), Endpoint);

        Assert.Contains(
            "is denied to arn:aws:sts::123456789012:assumed-role/node/i-0abc: allow ecr:GetAuthorizationToken on resource *",
            failure.Reason,
            StringComparison.Ordinal);
        Assert.Contains("no identity-based policy", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void SignatureError_DoesNotRepeatTheRequestThatAwsEchoes()
    {
        const string message = "The Canonical String should have been 'x-amz-security-token:SECRET'";

        var failure = Failures.FromCall(Answer(message, "InvalidSignatureException", 400), Endpoint);

        Assert.DoesNotContain("SECRET", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("clock", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void RefusedConnection_IsUnreachable()
    {
        var error = new HttpRequestException("wrapped", new IOException("Connection refused (10.0.0.1:443)"));

        var failure = Failures.FromCall(error, Endpoint);

        Assert.Equal(EcrError.Unreachable, failure.Error);
        Assert.Contains("Connection refused (10.0.0.1:443)", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void AnswerThatIsNoJson_IsABadAnswer()
    {
        Assert.Equal(EcrError.BadAnswer, Failures.FromCall(new JsonException("at byte 0"), Endpoint).Error);
    }

    [Fact]
    public void TextOfOthers_BecomesOneShortLine()
    {
        var line = EcrFailures.OneLine("first\r\n\tsecond\u001b[31m " + new string('x', 10_000));

        Assert.StartsWith("first second [31m xxx", line, StringComparison.Ordinal);
        Assert.InRange(line.Length, 1, 510);
    }

    [Fact]
    public void EmptyChain_ListsWhatWasTried()
    {
        var error = new AmazonClientException(
            "Failed to resolve AWS credentials. The credential providers … returned the following errors:\n\n"
            + "Exception 1 of 2: The environment variables were not set.\nException 2 of 2: Unable to find the profile.\n");

        var failure = Failures.NoCredentials(error);

        Assert.Equal(EcrError.NoCredentials, failure.Error);
        Assert.EndsWith(
            "tried: The environment variables were not set; Unable to find the profile",
            failure.Reason,
            StringComparison.Ordinal);
    }

    [Fact]
    public void MissingPermissionForThePublicRegistry_NamesBothThatItTakes()
    {
        var failure = new EcrFailures(EcrService.Public).FromCall(Answer("no", "AccessDeniedException", 400), Endpoint);

        Assert.StartsWith("ecr-public:GetAuthorizationToken at ", failure.Reason, StringComparison.Ordinal);
        Assert.Contains(
            "allow ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken on", failure.Reason, StringComparison.Ordinal);
    }

    private static AmazonServiceException Answer(string message, string? code, int status) =>
        new(message, null, ErrorType.Unknown, code, "request-1", (HttpStatusCode)status);
}
