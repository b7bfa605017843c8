using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>The port answers GET and HEAD: pings, health, and a clear no to everything that would change the registry.</summary>
public sealed class PullOnlyTests
{
    private const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("PUT", "/v2/team/app/manifests/v1")]
    [InlineData("DELETE", "/v2/team/app/manifests/v1")]
    [InlineData("DELETE", "/v2/team/app/blobs/" + Digest)]
    [InlineData("POST", "/v2/team/app/blobs/uploads/")]
    [InlineData("POST", "/v2/team/app/blobs/uploads/?mount=" + Digest + "&from=team%2Fother")]
    [InlineData("POST", "/v2/team/app/blobs/uploads")]
    [InlineData("PATCH", "/v2/team/app/blobs/uploads/6b9f2f2a-0000-4000-8000-000000000000")]
    [InlineData("PUT", "/v2/team/app/blobs/uploads/6b9f2f2a-0000-4000-8000-000000000000?digest=" + Digest)]
    [InlineData("DELETE", "/v2/team/app/blobs/uploads/6b9f2f2a-0000-4000-8000-000000000000")]
    [InlineData("OPTIONS", "/v2/")]
    [InlineData("TRACE", "/v2/")]
    [InlineData("PROPFIND", "/v2/team/app/tags/list")]
    [InlineData("get", "/v2/")]
    [InlineData("head", "/v2/")]
    [InlineData("POST", "/healthz")]
    public async Task OtherMethods_AreUnsupportedHere(string method, string path)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, method, path, "Content-Length: 0");

        Assert.Equal((405, "UNSUPPORTED"), (answer.Status, answer.ErrorCode()));
        Assert.Equal("GET, HEAD", answer.Header("Allow"));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Fact]
    public async Task PushThatWaitsToBeTold_IsRefusedBeforeItsBody()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(
            proxy.Proxy.DataAddress, "PUT", "/v2/team/app/manifests/v1", "Content-Length: 1000000000", "Expect: 100-continue");

        Assert.Equal((405, "UNSUPPORTED"), (answer.Status, answer.ErrorCode()));
    }

    [Fact]
    public async Task PullWithExpect_IsAnswered()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/", "Expect: 100-continue");

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData("GET", "/v2/")]
    [InlineData("GET", "/v2")]
    [InlineData("GET", "/v2/?ns=docker.io")]
    [InlineData("HEAD", "/v2/")]
    public async Task Ping_IsAnsweredWithoutAChallenge(string method, string target)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, method, target);

        Assert.Equal(200, answer.Status);
        Assert.Equal("registry/2.0", answer.Header("Docker-Distribution-Api-Version"));
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Equal("2", answer.Header("Content-Length"));
        Assert.Equal(method == "HEAD" ? "" : "{}", Encoding.ASCII.GetString(answer.Body));
        Assert.Null(answer.Header("WWW-Authenticate"));
        Assert.Null(answer.Header("Server"));
    }

    [Theory]
    [InlineData("GET", "ok")]
    [InlineData("HEAD", "")]
    public async Task Health_IsOnTheDataPortToo(string method, string body)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, method, "/healthz?from=a-load-balancer");

        Assert.Equal((200, body), (answer.Status, Encoding.ASCII.GetString(answer.Body)));
        Assert.Equal("text/plain", answer.Header("Content-Type"));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory]
    [InlineData("/v2/UPPER/manifests/v1", 400)]
    [InlineData("/v2/team/app/manifests/none", 404)]
    [InlineData("/v2/team/app/blobs/" + Digest, 404)]
    [InlineData("/nothing", 404)]
    public async Task ErrorsToHead_HaveNoBody(string path, int status)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.CreateRepository("team/app");

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "HEAD", path);

        Assert.Equal(status, answer.Status);
        Assert.Empty(answer.Body);
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Equal("registry/2.0", answer.Header("Docker-Distribution-Api-Version"));
    }
}
