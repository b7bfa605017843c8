using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.FunctionalTests.Ecr;

/// <summary>
/// The parts of AWS that lead to a token, on the loopback: ECR's API, STS, SSO, container credentials and instance metadata.
/// It answers as told and writes down what it was asked; it checks nothing, the tests do.
/// </summary>
internal sealed class MockAws : IAsyncDisposable
{
    public const string ContainerKeys = "AKIACONTAINERKEYS001";
    public const string InstanceKeys = "AKIAINSTANCEKEYS0002";
    public const string WebIdentityKeys = "AKIAWEBIDENTITYK0003";
    public const string RoleKeys = "AKIAROLEKEYS00000004";
    public const string SsoKeys = "AKIASSOKEYS000000005";

    private readonly WebApplication _app;

    private MockAws(WebApplication app) => _app = app;

    /// <summary>What came, in order, with its body.</summary>
    public ConcurrentQueue<Received> Requests { get; } = new();

    /// <summary>How ECR's API answers.</summary>
    public (int Status, string Body) EcrAnswer { get; set; } = (200, Token("QVdTOnRva2Vu", "4102444800.345"));

    /// <summary>Set: code and message with which STS refuses to have a role assumed.</summary>
    public (string Code, string Message)? StsRefusal { get; set; }

    /// <summary>Set: ECR's API answers only when the client has gone.</summary>
    public bool EcrHangs { get; set; }

    /// <summary>Its address, without a trailing slash: the SDK's metadata client cannot do with one.</summary>
    public string Address => _app.Urls.First();

    public IEnumerable<Received> EcrRequests => Requests.Where(request => request.Headers.ContainsKey("X-Amz-Target"));

    public static string Token(string token, string expiresAt) =>
        $$"""
        {"authorizationData":[{"authorizationToken":"{{token}}","expiresAt":{{expiresAt}},
          "proxyEndpoint":"https://123456789012.dkr.ecr.eu-central-1.amazonaws.com"}]}
        """;

    /// <summary>Over TLS when there is a certificate.</summary>
    public static async Task<MockAws> StartAsync(X509Certificate2? certificate, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        var aws = new MockAws(app);
        app.Run(aws.AnswerAsync);
        await app.StartAsync(cancel);
        return aws;
    }

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task AnswerAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var body = await reader.ReadToEndAsync(http.RequestAborted);
        var headers = http.Request.Headers.ToDictionary(
            header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new Received(http.Request.Method, http.Request.Path, headers, body);
        Requests.Enqueue(request);

        if (headers.ContainsKey("X-Amz-Target") && EcrHangs)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
        }

        var (status, contentType, answer) = AnswerTo(request);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        await http.Response.WriteAsync(answer, http.RequestAborted);
    }

    private (int Status, string ContentType, string Body) AnswerTo(Received request) => (request.Method, request.Path) switch
    {
        _ when request.Headers.ContainsKey("X-Amz-Target") => (EcrAnswer.Status, "application/x-amz-json-1.1", EcrAnswer.Body),
        _ when request.Body.Contains("Action=AssumeRoleWithWebIdentity", StringComparison.Ordinal) =>
            (200, "text/xml", AssumedRole("AssumeRoleWithWebIdentity", WebIdentityKeys)),
        _ when request.Body.Contains("Action=AssumeRole&", StringComparison.Ordinal) => StsRefusal is { } refusal
            ? (403, "text/xml", Refused(refusal.Code, refusal.Message))
            : (200, "text/xml", AssumedRole("AssumeRole", RoleKeys)),
        ("GET", "/container") => (200, "application/json", Keys(ContainerKeys)),
        ("PUT", "/latest/api/token") => (200, "text/plain", "metadata-session"),
        ("GET", "/latest/meta-data/iam/info") => (200, "application/json", """{"Code":"Success"}"""),
        ("GET", "/latest/meta-data/iam/security-credentials") => (200, "text/plain", "node-role"),
        ("GET", "/latest/meta-data/iam/security-credentials/node-role") => (200, "application/json", Keys(InstanceKeys)),
        ("GET", "/latest/dynamic/instance-identity/document") => (200, "application/json", """{"region":"eu-north-1"}"""),
        ("POST", "/token") => (200, "application/json", """{"accessToken":"RENEWED-TOKEN","expiresIn":3600,"tokenType":"Bearer"}"""),
        ("GET", "/federation/credentials") => (200, "application/json", SsoRole(SsoKeys)),
        _ => (404, "text/plain", "not here"),
    };

    private static string Keys(string accessKey) =>
        $$"""
        {"Code":"Success","LastUpdated":"{{In(0)}}","Type":"AWS-HMAC","AccessKeyId":"{{accessKey}}",
          "SecretAccessKey":"SECRET-KEY","Token":"SESSION-TOKEN","Expiration":"{{In(1)}}"}
        """;

    private static string SsoRole(string accessKey) =>
        $$"""
        {"roleCredentials":{"accessKeyId":"{{accessKey}}","secretAccessKey":"SECRET-KEY","sessionToken":"SESSION-TOKEN",
          "expiration":{{TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds()}} } }
        """;

    private static string AssumedRole(string action, string accessKey) =>
        $"""
        <{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>
        <AccessKeyId>{accessKey}</AccessKeyId><SecretAccessKey>SECRET-KEY</SecretAccessKey>
        <SessionToken>SESSION-TOKEN</SessionToken><Expiration>{In(1)}</Expiration></Credentials>
        <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/pull/s</Arn>
        <AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
        </{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>
        """;

    private static string Refused(string code, string message) =>
        $"""
        <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId>
        </ErrorResponse>
        """;

    private static string In(int hours) =>
        TimeProvider.System.GetUtcNow().AddHours(hours).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>One request as it came.</summary>
    internal sealed record Received(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body);
}
