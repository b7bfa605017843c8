using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>What goes through with a request and what does not: credentials, compression, other registries' names, log lines.</summary>
public sealed class HeaderTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly byte[] Manifest = Encoding.ASCII.GetBytes($"{{\"filler\":\"{new string('a', 5000)}\"}}");

    [Fact]
    public async Task CompressionAskedFor_IsNeverApplied()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        var blob = proxy.Region.Content.PutBlob("team/app", Manifest);

        foreach (var path in (string[])["manifests/v1", $"blobs/{blob}", $"blobs/{blob}", "tags/list", "manifests/none"])
        {
            var answer = await RawExchange.AskAsync(
                proxy.Proxy.DataAddress, "GET", $"/v2/team/app/{path}", "Accept-Encoding: zstd;q=1.0, gzip;q=0.8, deflate;q=0.5, br");
            Assert.Null(answer.Header("Content-Encoding"));
            Assert.Null(answer.Header("Transfer-Encoding"));
            Assert.Equal($"{answer.Body.Length}", answer.Header("Content-Length"));
            Assert.Null(answer.Header("Server"));
            Assert.Null(answer.Header("WWW-Authenticate"));
        }
    }

    [Fact]
    public async Task CredentialsOfTheClient_NeverReachTheRegistry()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        var blob = proxy.Region.Content.PutBlob("team/app", Manifest);
        string[] secrets = ["Authorization: Basic QVdTOnN0b2xlbg==", "Cookie: session=1", "Proxy-Authorization: Basic eDp5"];

        foreach (var path in (string[])["manifests/v1", $"blobs/{blob}", "tags/list"])
        {
            Assert.Equal(200, (await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", $"/v2/team/app/{path}", secrets)).Status);
        }

        var log = proxy.Region.Counters.Log;
        Assert.All(log.Where(entry => entry.Origin == OriginName.Registry), entry => Assert.NotNull(entry.TokenId));
        Assert.All(log.Where(entry => entry.Origin == OriginName.Layers), entry => Assert.False(entry.HasAuthorization));
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains("QVdTOnN0b2xlbg", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Headers_ThatTheRegistrySeesAreTheProxysOwn()
    {
        using var registry = new RecordingRegistry("{}", ImageType);
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Upstream = settings.Upstream with { Host = null, Endpoint = registry.Address, UsesEcrToken = false },
        });

        var answer = await RawExchange.AskAsync(
            proxy.Proxy.DataAddress,
            "GET",
            "/v2/team/app/manifests/v1?ns=docker.io",
            "Authorization: Basic QVdTOnN0b2xlbg==",
            "Cookie: session=1",
            "X-Forwarded-For: 10.0.0.1",
            "Accept-Encoding: gzip",
            "Connection: X-Secret",
            "X-Secret: 1",
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Accept: application/a");

        Assert.Equal(200, answer.Status);
        var sent = registry.Heads.Single().Split("\r\n");
        Assert.Equal("GET /v2/team/app/manifests/v1 HTTP/1.1", sent[0]);
        Assert.Equal(
            ["Accept: application/a", $"Host: {registry.Address.Authority}", "User-Agent: fast-ecr-proxy"],
            sent.Skip(1).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("manifests/v1")]
    [InlineData("tags/list")]
    public async Task NamespaceOfContainerd_IsIgnored(string path)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", $"/v2/team/app/{path}?ns=evil.example.com");

        Assert.Equal(200, answer.Status);
        Assert.All(
            proxy.Region.Counters.Log.Where(entry => entry.Origin == OriginName.Registry),
            entry => Assert.DoesNotContain("evil", entry.Query, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET /v2/team/app/manifests/v1 HTTP/1.0\r\n\r\n")]
    [InlineData("GET /v2/team/app/manifests/v1 HTTP/1.0\r\nHost: registry.example.com\r\n\r\n")]
    public async Task OldClient_GetsAWholeAnswerAndTheEnd(string request)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");

        var answer = await RawExchange.SendAsync(proxy.Proxy.DataAddress, request);

        Assert.Equal(200, answer.Status);
        Assert.Equal(Manifest, answer.Body);
        Assert.Null(answer.Header("Transfer-Encoding"));
    }

    [Theory]
    [InlineData("http://registry.example.com/v2/team/app/manifests/v1")]
    [InlineData("http://registry.example.com/v2/team/app/manifests/v1?ns=x")]
    public async Task AbsoluteTarget_IsReadLikeItsPath(string target)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");

        var answer = await RawExchange.SendAsync(
            proxy.Proxy.DataAddress, $"GET {target} HTTP/1.1\r\nHost: registry.example.com\r\nConnection: close\r\n\r\n");

        Assert.Equal(200, answer.Status);
        Assert.Equal(Manifest, answer.Body);
    }

    [Theory]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")]
    [InlineData("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\nConnection: close\r\n\r\n")]
    public async Task TargetWithoutAPath_IsRefusedHere(string request)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.SendAsync(proxy.Proxy.DataAddress, request);

        Assert.InRange(answer.Status, 400, 499);
        Assert.Equal("UNSUPPORTED", answer.ErrorCode());
    }

    [Theory]
    [InlineData("evil\t\u001b[2J 2026-01-01T00:00:00.000Z INFO  forged")]
    [InlineData("evil\u00c2\u0085\u00e2\u0080\u00ae forged")] // UTF-8 of U+0085 and U+202E
    public async Task UserAgent_ForgesNoLogLine(string agent)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/", $"User-Agent: {agent}");
        await proxy.StopAsync();

        Assert.Equal(200, answer.Status);
        var line = Assert.Single(RequestLines(proxy));
        Assert.Contains("forged", line, StringComparison.Ordinal);
        Assert.All(line, character => Assert.InRange(character, ' ', '~'));
    }

    [Fact]
    public async Task PathOfARequest_ForgesNoLogLine()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/a%0aERROR%20forged%1b[2J/manifests/v1?token=secret");
        await proxy.StopAsync();

        var line = Assert.Single(RequestLines(proxy));
        Assert.Contains(" GET /v2/a%0aERROR%20forged%1b[2J/manifests/v1 400 ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    private static IEnumerable<string> RequestLines(ProxyUnderTest proxy) =>
        proxy.Log.Lines.Where(line => line.StartsWith("Information 3000 ", StringComparison.Ordinal));
}
