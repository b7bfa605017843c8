using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>Clients and registries that try to get the proxy's credentials to where they do not belong.</summary>
public sealed class HostilePushTests
{
    private const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Encoded = "sha256%3A9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    private const string Uploads = "/v2/team/app/blobs/uploads/";

    [Theory]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/..", 404, "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/.", 404, "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a%2f..%2f..%2fmanifests%2f1", 404, "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a;b", 404, "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("PATCH", "/v2/team/../other/blobs/uploads/a", 400, "NAME_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?x=\\", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?x=\"", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?fep-received=-1", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?fep-received=1e3", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?fep-received=9223372036854775807", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?fep-received=1&fep-received=2", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/a?fep%2dreceived=x", 400, "BLOB_UPLOAD_INVALID")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/a", 400, "DIGEST_INVALID")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/a?digest=", 400, "DIGEST_INVALID")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/a?digest=sha256:short", 400, "DIGEST_INVALID")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/a?digest=" + Digest + "&digest=" + Digest, 400, "DIGEST_INVALID")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/a?digest=" + Digest + "&%64igest=" + Digest, 400, "DIGEST_INVALID")]
    [InlineData("POST", "/v2/team/app/blobs/uploads/?digest=sha256:short", 400, "DIGEST_INVALID")]
    [InlineData("POST", "/v2/team/app/blobs/uploads/?mount=sha256:short&from=a/b", 400, "DIGEST_INVALID")]
    [InlineData("POST", "/v2/team/app/blobs/uploads/?mount=" + Digest + "&from=..%2Fa", 400, "NAME_INVALID")]
    [InlineData("POST", "/v2/team/app/blobs/uploads/a", 405, "UNSUPPORTED")]
    [InlineData("GET", "/v2/team/app/blobs/uploads/", 405, "UNSUPPORTED")]
    [InlineData("PUT", "/v2/team/app/blobs/" + Digest, 405, "UNSUPPORTED")]
    [InlineData("POST", "/v2/team/app/manifests/1.0", 405, "UNSUPPORTED")]
    [InlineData("DELETE", "/v2/team/app/tags/list", 405, "UNSUPPORTED")]
    [InlineData("PUT", "/v2/_catalog", 405, "UNSUPPORTED")]
    [InlineData("PUT", "/v2/team/app/manifests/" + Digest + "?tag=..%2f", 400, "DIGEST_INVALID")]
    public async Task Tricks_AreRefusedAndNobodyIsAsked(string method, string target, int status, string code)
    {
        await using var rig = await PushRig.StartAsync();

        var answer = await RawExchange.AskAsync(rig.Proxy.Proxy.DataAddress, method, target, "Content-Length: 0");

        Assert.Equal((status, code), (answer.Status, answer.ErrorCode()));
        Assert.Equal(0, rig.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory]
    [InlineData("a?_state=b%3D%3D&x=1", "a?_state=b%3D%3D&x=1")]
    [InlineData("a?x=1&fep-received=3&_state=b%3D%3D", "a?x=1&_state=b%3D%3D")]
    [InlineData("a?fep-received=3", "a")]
    [InlineData("a?fep-received=3?digest=" + Digest, "a?digest=" + Digest)]
    [InlineData("a?digest=" + Encoded + "&ns=127.0.0.1", "a?digest=" + Encoded)]
    [InlineData("a?z=%7e&b=/?:@", "a?z=%7e&b=/?:@")]
    public async Task Query_GoesToTheRegistryAsItCame(string sent, string seen)
    {
        using var registry = new ScriptedRegistry(_ => "404 Not Found");
        await using var rig = await StartAsync(registry);

        await RawExchange.AskAsync(rig.Proxy.Proxy.DataAddress, "GET", Uploads + sent);

        Assert.StartsWith($"GET {Uploads}{seen} HTTP/1.1", Assert.Single(registry.Heads), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v2/team/app/blobs/uploads/abc", "abc?fep-received=0")]
    [InlineData("/v2/team/app/blobs/uploads/abc?_state=x%2F%3D&a=b", "abc?_state=x%2F%3D&a=b&fep-received=0")]
    [InlineData("/v2/team/app/blobs/uploads/abc?fep-received=0", "abc?fep-received=0&fep-received-2=0")]
    [InlineData("http://REGISTRY/v2/team/app/blobs/uploads/abc", "abc?fep-received=0")]
    [InlineData("https://127.0.0.1/v2/team/app/blobs/uploads/abc", "abc?fep-received=0")]
    public async Task Location_IsAnsweredOnTheProxy(string location, string expected)
    {
        using var registry = new ScriptedRegistry(_ => "500 Not ready");
        using var scripted = new ScriptedRegistry(
            _ => $"202 Accepted\r\nLocation: {location.Replace("REGISTRY", registry.Address.Authority, StringComparison.Ordinal)}");
        await using var rig = await StartAsync(scripted);

        using var started = await rig.Client.SendAsync(HttpMethod.Post, Uploads);

        Assert.Equal((202, Uploads + expected), (started.Status, started.Header("Location")));
        Assert.Equal("abc", started.Header("Docker-Upload-UUID"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Location: ")]
    [InlineData("Location: /v2/team/other/blobs/uploads/abc")]
    [InlineData("Location: /v2/team/app/blobs/uploads/")]
    [InlineData("Location: /v2/team/app/blobs/uploads/a/b")]
    [InlineData("Location: /v2/team/app/blobs/uploads/..")]
    [InlineData("Location: /v2/team/app/blobs/uploads/%2e%2e")]
    [InlineData("Location: /v2/team/app/blobs/uploads/a#b")]
    [InlineData("Location: /v2/team/app/blobs/uploads/a?b=c#d")]
    [InlineData("Location: /v2/team/app/manifests/1.0")]
    [InlineData("Location: //evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("Location: https://evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("Location: https://127.0.0.1@evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("Location: https://user@127.0.0.1/v2/team/app/blobs/uploads/abc")]
    [InlineData("Location: file:///v2/team/app/blobs/uploads/abc")]
    [InlineData("Location: uploads/abc")]
    [InlineData("Location: abc")]
    public async Task LocationElsewhere_IsRefused(string header)
    {
        using var registry = new ScriptedRegistry(_ => header.Length == 0 ? "202 Accepted" : $"202 Accepted\r\n{header}");
        await using var rig = await StartAsync(registry);

        using var started = await rig.Client.SendAsync(HttpMethod.Post, Uploads);

        var (status, code, message) = await started.ErrorAsync();
        Assert.Equal((502, "UNKNOWN"), (status, code));
        Assert.Contains("a Location that is no upload to team/app there", message, StringComparison.Ordinal);
        Assert.Null(started.Header("Location"));
    }

    [Fact]
    public async Task ClientsCredentials_NeverReachTheRegistry()
    {
        using var registry = new ScriptedRegistry(_ => $"202 Accepted\r\nLocation: {Uploads}abc");
        await using var rig = await StartAsync(registry);

        await RawExchange.AskAsync(
            rig.Proxy.Proxy.DataAddress, "PATCH", $"{Uploads}abc", "Content-Length: 0", "Authorization: Basic c2VjcmV0", "Cookie: a=b",
            "X-Forwarded-For: 10.0.0.1", "Proxy-Authorization: Basic c2VjcmV0");

        var head = Assert.Single(registry.Heads);
        Assert.DoesNotContain("c2VjcmV0", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Cookie", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("X-Forwarded", head, StringComparison.OrdinalIgnoreCase);
    }

    private static Task<PushRig> StartAsync(ScriptedRegistry registry) => PushRig.StartAsync(settings: settings => settings with
    {
        Upstream = settings.Upstream with { Host = null, Endpoint = registry.Address, UsesEcrToken = false },
    });
}
