using System.Text;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class VerdictTests
{
    [Theory]
    [InlineData(400, "UNSUPPORTED", "Refused")]
    [InlineData(400, "ThrottlingException", "Throttled")]
    [InlineData(401, null, "Refused")]
    [InlineData(403, "DENIED", "Refused")]
    [InlineData(403, "TOOMANYREQUESTS", "Throttled")]
    [InlineData(404, "NAME_UNKNOWN", "NotFound")]
    [InlineData(405, "UNSUPPORTED", "Refused")]
    [InlineData(408, null, "Unreachable")]
    [InlineData(416, null, "OutOfRange")]
    [InlineData(429, null, "Throttled")]
    [InlineData(429, "TOOMANYREQUESTS", "Throttled")]
    [InlineData(500, null, "Unreachable")]
    [InlineData(502, null, "Unreachable")]
    [InlineData(503, null, "Unreachable")]
    [InlineData(503, "TOOMANYREQUESTS", "Throttled")]
    [InlineData(503, "SlowDown", "Throttled")]
    [InlineData(504, null, "Unreachable")]
    [InlineData(204, null, "BadAnswer")]
    [InlineData(304, null, "BadAnswer")]
    public void Status_SaysWhoIsToBlame(int status, string? code, string error) =>
        Assert.Equal(Enum.Parse<FetchError>(error), Verdict.Of(status, new ErrorBody(code, "")));

    [Theory]
    [InlineData("GET", 401, "Not Authorized", true)]
    [InlineData("GET", 403, Answers.ExpiredToken, true)]
    [InlineData("GET", 400, Answers.ExpiredToken, true)]
    [InlineData("GET", 400, """{"errors":[{"code":"DENIED","message":"The authorization token is invalid"}]}""", true)]
    [InlineData("GET", 403, Answers.NoPermission, false)]
    [InlineData("GET", 403, "", false)]
    [InlineData("HEAD", 403, "", true)]
    [InlineData("HEAD", 400, "", false)]
    [InlineData("HEAD", 404, "", false)]
    [InlineData("GET", 400, """{"errors":[{"code":"UNSUPPORTED","message":"Invalid parameter at 'maxResults'"}]}""", false)]
    [InlineData("GET", 500, Answers.ExpiredToken, false)]
    [InlineData("GET", 200, "", false)]
    public void RefusedToken_IsToldFromARefusedCaller(string method, int status, string body, bool refused) =>
        Assert.Equal(refused, Verdict.RefusesToken(new HttpMethod(method), status, ErrorBody.Parse(Encoding.UTF8.GetBytes(body))));

    [Fact]
    public void MissingPermission_NamesRegistryPrincipalAndAction()
    {
        var error = ErrorBody.Parse(Encoding.UTF8.GetBytes(Answers.NoPermission));
        using var answer = new UpstreamAnswer(UpstreamPeer.Registry, "registry.example", Answers.Of(403), default, error, null);

        var failure = answer.ToFailure("manifest team/app:1.0");

        Assert.Equal((FetchError.Refused, "DENIED"), (failure.Error, failure.Code));
        Assert.Contains("registry.example", failure.Reason, StringComparison.Ordinal);
        Assert.Contains("user/ci is not authorized to perform: ecr:BatchGetImage", failure.Reason, StringComparison.Ordinal);
    }
}
