using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Server;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Tests.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

public sealed class RequestPipelineTests : IDisposable
{
    private static readonly string Blob = $"/v2/team/app/blobs/{Digests.Sha256A}";

    private readonly FakeTimeProvider _time = new();
    private readonly MeasuredValues _measured = new();
    private readonly LogOf<RequestPipeline> _log = new();
    private readonly StubHandler _blobs = new();
    private readonly StubHandler _manifests = new();
    private readonly StubHandler _lists = new();
    private readonly StubHandler _uploads = new();
    private readonly StubHandler _changes = new();
    private readonly ClientParts _clients;
    private readonly RegistryPool _registries;
    private readonly RequestPipeline _pipeline;

    public RequestPipelineTests()
    {
        RuleOptions[] rules = [new RuleOptions { Registries = [new RegistryOptions("test", new UpstreamOptions(), new EcrOptions())] }];
        _registries = new RegistryPool(
            rules, static (_, _, _) => NoAuth.Instance, _measured.Metrics, _time, NullLoggerFactory.Instance);
        _clients = new ClientParts(
            new ClientOptions(), new EcrLogins(new LoginRegistries(rules, _registries)), _measured.Metrics, _time,
            NullLoggerFactory.Instance);
        var limits = new ClientLimits(
            new LimitOptions(), new LimitReports(_measured.Metrics, _time, NullLogger<LimitReports>.Instance), _time);
        _pipeline = new RequestPipeline(
            new ClientEdge([]), _clients.Gate, limits, new Handlers(_blobs, _manifests, _lists, _uploads, _changes),
            new Upstreams(rules, _registries), _time, _measured.Metrics, _log);
    }

    private IEnumerable<OciRoute> Routed =>
        [.. _blobs.Routes, .. _manifests.Routes, .. _lists.Routes, .. _uploads.Routes, .. _changes.Routes];

    public void Dispose()
    {
        _registries.Dispose();
        _clients.Dispose();
        _measured.Dispose();
    }

    /// <summary>What nobody is asked about.</summary>
    public static TheoryData<string, string, int, string> Refused => new()
    {
        { "GET", "/", 404, "UNSUPPORTED" },
        { "GET", "*", 404, "UNSUPPORTED" },
        { "GET", "/v1/search", 404, "UNSUPPORTED" },
        { "GET", "/v2/app", 404, "NAME_INVALID" },
        { "GET", "/v2/app/tags", 404, "NAME_INVALID" },
        { "GET", "/v2/App/tags/list", 400, "NAME_INVALID" },
        { "GET", "/v2/a%2fb/tags/list", 400, "NAME_INVALID" },
        { "GET", "/v2/../tags/list", 400, "NAME_INVALID" },
        { "GET", "/v2/%2e%2e/app/tags/list", 400, "NAME_INVALID" },
        { "GET", "/v2//tags/list", 400, "NAME_INVALID" },
        { "GET", "/v2/app/manifests/.hidden", 400, "TAG_INVALID" },
        { "GET", "/v2/app/manifests/..", 400, "TAG_INVALID" },
        { "GET", "/v2/app/manifests/la%20test", 400, "TAG_INVALID" },
        { "GET", "/v2/app/manifests/sha256:short", 400, "DIGEST_INVALID" },
        { "GET", "/v2/app/blobs/md5:d41d8cd98f00b204e9800998ecf8427e", 400, "DIGEST_INVALID" },
        { "GET", "/v2/app/referrers/latest", 400, "DIGEST_INVALID" },
        { "GET", "/v2/" + new string('a', 2000) + "/tags/list", 414, "NAME_INVALID" },
        { "GET", "/v2/app/tags/list?last=" + new string('a', 9000), 414, "NAME_INVALID" },
        { "GET", "/v2/app/blobs/uploads/1", 404, "BLOB_UPLOAD_UNKNOWN" },
        { "POST", "/v2/app/blobs/uploads/", 405, "UNSUPPORTED" },
        { "PATCH", "/v2/app/blobs/uploads/1", 405, "UNSUPPORTED" },
        { "PUT", "/v2/app/manifests/latest", 405, "UNSUPPORTED" },
        { "DELETE", "/v2/app/manifests/latest", 405, "UNSUPPORTED" },
        { "OPTIONS", "/v2/", 405, "UNSUPPORTED" },
        { "BREW", "/v2/", 405, "UNSUPPORTED" },
        { "POST", "/healthz", 405, "UNSUPPORTED" },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task WhatMakesNoSense_IsRefusedAndNobodyIsAsked(string method, string target, int status, string code)
    {
        var client = await new ClientExchange(method, target).ThroughAsync(_pipeline);

        Assert.Equal(status, client.Context.Response.StatusCode);
        Assert.Empty(Routed);
        Assert.StartsWith($$"""{"errors":[{"code":"{{code}}","message":""", client.Text, StringComparison.Ordinal);
        Assert.Equal("application/json", client["Content-Type"]);
        Assert.Equal(status == 405 ? "GET, HEAD" : "", client["Allow"]);
        Assert.Equal("registry/2.0", client["Docker-Distribution-Api-Version"]);
        Assert.Equal("", client["WWW-Authenticate"]);
    }

    [Theory]
    [InlineData("/v2/team/app/blobs/DIGEST", "blob")]
    [InlineData("/v2/team/app/blobs/sha256%3AHEX", "blob")]
    [InlineData("http://proxy.test/v2/team/app/blobs/DIGEST?ns=docker.io", "blob")]
    [InlineData("/v2/team/app/manifests/latest", "manifest")]
    [InlineData("/v2/team/app/manifests/DIGEST", "manifest")]
    [InlineData("/v2/team/app/tags/list?n=1", "tags")]
    [InlineData("/v2/team/app/referrers/DIGEST", "referrers")]
    [InlineData("/v2/_catalog", "catalog")]
    public async Task EveryNoun_HasItsHandler(string target, string kind)
    {
        target = target
            .Replace("DIGEST", Digests.Sha256A, StringComparison.Ordinal)
            .Replace("HEX", Digests.Sha256A[7..], StringComparison.Ordinal);

        var client = await new ClientExchange("GET", target).ThroughAsync(_pipeline);

        Assert.Equal(204, client.Context.Response.StatusCode);
        var handler = kind switch { "blob" => _blobs, "manifest" => _manifests, _ => _lists };
        Assert.Equal(kind, Assert.Single(handler.Routes).Kind.ToString().ToLowerInvariant());
        Assert.Single(Routed);
        Assert.StartsWith($"fastecr.requests{{kind={kind},status=204", _measured.Observed()[0], StringComparison.Ordinal);
    }

    /// <summary>What <c>ns</c> was sent to a proxy whose rules list none, and which one the answer is said to be for.</summary>
    [Theory]
    [InlineData("docker.io", "docker.io")]
    [InlineData("Registry.example.com:5000", "Registry.example.com:5000")]
    [InlineData("[fd00::1]:5000", "[fd00::1]:5000")]
    [InlineData("", "")]
    [InlineData("a%0d%0aX-Evil:1", "")]
    [InlineData("d%C3%B6cker.io", "")]
    public async Task NamespaceThatIsTaken_IsAnswered(string ns, string answered)
    {
        var client = await new ClientExchange("GET", $"{Blob}?ns={ns}").ThroughAsync(_pipeline);

        Assert.Equal((204, answered), (client.Context.Response.StatusCode, client["OCI-Namespace"]));
    }

    [Theory]
    [InlineData("GET", "/v2/", "{}", "application/json")]
    [InlineData("GET", "/v2", "{}", "application/json")]
    [InlineData("GET", "/healthz", "ok", "text/plain")]
    [InlineData("GET", "/healthz?x", "ok", "text/plain")]
    [InlineData("HEAD", "/v2/", "", "application/json")]
    [InlineData("HEAD", "/healthz", "", "text/plain")]
    public async Task PingAndHealth_AreAnsweredHere(string method, string target, string text, string type)
    {
        var client = await new ClientExchange(method, target).ThroughAsync(_pipeline);

        Assert.Equal((200, text, type), (client.Context.Response.StatusCode, client.Text, client["Content-Type"]));
        Assert.Equal(2, client.Context.Response.ContentLength);
    }

    [Theory]
    [InlineData(60_000, 204)]
    [InlineData(66_000, 431)]
    public async Task Headers_AreBoundedInTotal(int bytes, int status)
    {
        var headers = Enumerable.Range(0, 10).Select(i => ($"X-{i}", new string('a', bytes / 10))).ToArray();

        var client = await new ClientExchange("GET", Blob, headers).ThroughAsync(_pipeline);

        Assert.Equal(status, client.Context.Response.StatusCode);
    }

    [Fact]
    public async Task ErrorOfAHandler_IsWrittenWithItsWait()
    {
        _blobs.Answer = _ => new OciError(429, "TOOMANYREQUESTS", "It's \"busy\".") { RetryAfter = TimeSpan.FromMilliseconds(1200) };

        var client = await new ClientExchange("GET", Blob).ThroughAsync(_pipeline);

        Assert.Equal("""{"errors":[{"code":"TOOMANYREQUESTS","message":"It's \"busy\"."}]}""", client.Text);
        Assert.Equal("2", client["Retry-After"]);
        Assert.Equal(client.Sent.Length, client.Context.Response.ContentLength);
    }

    [Fact]
    public async Task ErrorToAHead_HasItsHeadersAndNoBody()
    {
        _blobs.Answer = _ => OciError.NotFound("BLOB_UNKNOWN", "No such blob.");

        var client = await new ClientExchange("HEAD", Blob).ThroughAsync(_pipeline);

        Assert.Empty(client.Sent);
        Assert.Equal("""{"errors":[{"code":"BLOB_UNKNOWN","message":"No such blob."}]}""".Length, client.Context.Response.ContentLength);
    }

    [Fact]
    public async Task BugBeforeTheAnswer_IsA500AndLoggedOnce()
    {
        _blobs.Answer = http =>
        {
            http.Response.Headers.ETag = "\"half\"";
            throw new InvalidOperationException("a bug");
        };

        var client = await new ClientExchange("GET", Blob).ThroughAsync(_pipeline);

        Assert.Equal(500, client.Context.Response.StatusCode);
        Assert.StartsWith("""{"errors":[{"code":"UNKNOWN",""", client.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("a bug", client.Text, StringComparison.Ordinal);
        Assert.Equal(("", "registry/2.0"), (client["ETag"], client["Docker-Distribution-Api-Version"]));
        Assert.Single(_log.Lines, line => line.StartsWith("Error: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task BugInTheMiddle_BreaksTheConnectionOff()
    {
        _blobs.AnswerAsync = async http =>
        {
            await http.Response.StartAsync(TestContext.Current.CancellationToken);
            throw new InvalidOperationException("a bug");
        };

        var client = await new ClientExchange("GET", Blob).ThroughAsync(_pipeline);

        Assert.True(client.WasAborted);
        Assert.Empty(client.Sent);
        Assert.Contains(_log.Lines, line => line.StartsWith("Warning: GET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ClientThatLeft_IsNoErrorInTheLog()
    {
        var client = new ClientExchange("GET", Blob);
        _blobs.Answer = http =>
        {
            client.Leave();
            throw new OperationCanceledException(http.RequestAborted);
        };

        await client.ThroughAsync(_pipeline);

        var line = Assert.Single(_log.Lines);
        Assert.StartsWith($"Information: GET {Blob} 499", line, StringComparison.Ordinal);
        Assert.EndsWith(": client left after 0 bytes", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientThatLeftBeforeItsError_IsNoErrorEither()
    {
        var client = new ClientExchange("GET", Blob);
        _blobs.Answer = _ =>
        {
            client.Leave();
            throw new InvalidOperationException("a bug");
        };

        await _pipeline.InvokeAsync(client.Context);

        Assert.StartsWith($"Information: GET {Blob} 499", _log.Lines[^1], StringComparison.Ordinal);
        Assert.EndsWith(": client left after 0 bytes", _log.Lines[^1], StringComparison.Ordinal);
    }

    /// <summary>What a path means is remembered; whether it may be asked for so is not.</summary>
    [Fact]
    public async Task PathThatWasReadBefore_IsCheckedAgain()
    {
        Assert.Equal(204, (await new ClientExchange("GET", Blob).ThroughAsync(_pipeline)).Context.Response.StatusCode);
        Assert.Equal(405, (await new ClientExchange("PATCH", Blob).ThroughAsync(_pipeline)).Context.Response.StatusCode);
        Assert.Equal(204, (await new ClientExchange("GET", Blob).ThroughAsync(_pipeline)).Context.Response.StatusCode);
        Assert.Equal(2, _blobs.Routes.Count);
        Assert.Equal(_blobs.Routes[0], _blobs.Routes[1]);
    }

    [Fact]
    public async Task WorkThatWasStopped_IsA503()
    {
        _blobs.Answer = _ => throw new OperationCanceledException();

        var client = await new ClientExchange("GET", Blob).ThroughAsync(_pipeline);

        Assert.Equal(503, client.Context.Response.StatusCode);
    }

    [Fact]
    public async Task Line_TellsTheRequestAndCannotBeForged()
    {
        _blobs.Answer = _ =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(12));
            return null;
        };
        var client = new ClientExchange("GET", Blob + "?ns=secret", ("User-Agent", "docker/29\u001b[2J\u2028x"));
        client.Context.Connection.RemoteIpAddress = System.Net.IPAddress.Parse("::ffff:10.1.2.3");
        client.Context.Connection.RemotePort = 4711;

        await client.ThroughAsync(_pipeline);

        Assert.Equal(
            [$"Information: GET {Blob} 204 None 0 bytes in 12 ms to 10.1.2.3:4711 docker/29?[2J?x"], _log.Lines);
    }

    private sealed class StubHandler : IRequestHandler
    {
        public List<OciRoute> Routes { get; } = [];

        public Func<HttpContext, OciError?> Answer { get; set; } = static _ => null;

        public Func<HttpContext, Task>? AnswerAsync { get; set; }

        public async ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
        {
            Routes.Add(route);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            if (AnswerAsync is not null)
            {
                await AnswerAsync(http);
            }

            return Answer(http);
        }
    }
}
