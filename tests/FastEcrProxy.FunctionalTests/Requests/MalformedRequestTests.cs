using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>What no client should send, byte for byte as it is: refused as a registry refuses, and the registry is never asked.</summary>
public sealed class MalformedRequestTests
{
    private const string Hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("/v2/UPPER/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a_-b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/-a/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a./manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a..b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a//b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2//manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2//a/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a/../b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/./a/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a/%2e%2e/b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a%2fb/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a%2Fb/tags/list", 400, "NAME_INVALID")]
    [InlineData("/v2/a%zz/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a%/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/%61/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a%c0%af/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a;b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a\\b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a:5000/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a@b/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/_a/manifests/v1", 400, "NAME_INVALID")]
    [InlineData("/v2/a/manifests/-v1", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/.", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/..", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/%2e%2e", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/v%31", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/a+b", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/a~b", 400, "TAG_INVALID")]
    [InlineData("/v2/a/manifests/sha256:" + Hex + "0", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/manifests/sha256:", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/manifests/md5:d41d8cd98f00b204e9800998ecf8427e", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/latest", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/SHA256:" + Hex, 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/sha256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/sha256%253A" + Hex, 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/sha256:..%2f..%2fetc%2fpasswd", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/sha512:" + Hex, 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/referrers/v1", 400, "DIGEST_INVALID")]
    [InlineData("/v2/a/blobs/sha256:" + Hex + "/", 404, "NAME_INVALID")]
    [InlineData("/v2/a/tags/list/", 404, "NAME_INVALID")]
    [InlineData("/v2/a/tags", 404, "NAME_INVALID")]
    [InlineData("/v2/a", 404, "NAME_INVALID")]
    [InlineData("/v2/a/b/c", 404, "NAME_INVALID")]
    [InlineData("/v2/_catalog/x", 404, "NAME_INVALID")]
    [InlineData("/v1/", 404, "UNSUPPORTED")]
    [InlineData("/", 404, "UNSUPPORTED")]
    [InlineData("//v2/a/manifests/v1", 404, "UNSUPPORTED")]
    [InlineData("/V2/a/manifests/v1", 404, "UNSUPPORTED")]
    [InlineData("/v2%2Fa/manifests/v1", 404, "UNSUPPORTED")]
    [InlineData("/x/../v2/a/manifests/v1", 404, "UNSUPPORTED")]
    [InlineData("/healthz/", 404, "UNSUPPORTED")]
    [InlineData("/metrics", 404, "UNSUPPORTED")]
    [InlineData("/readyz", 404, "UNSUPPORTED")]
    public async Task MalformedPath_IsRefusedHere(string path, int status, string code)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", path);

        Assert.Equal((status, code), (answer.Status, answer.ErrorCode()));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry | RequestKind.AnyLayers));
    }

    [Theory]
    [InlineData("GET", 400, "TAG_INVALID", 129)]
    [InlineData("GET", 414, "NAME_INVALID", 1100)]
    [InlineData("GET", 414, "NAME_INVALID", 9000)]
    [InlineData("GET", 414, "NAME_INVALID", 60_000)]
    public async Task TooLongTag_IsRefusedHere(string method, int status, string code, int length)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, method, $"/v2/a/manifests/{new string('t', length)}");

        Assert.Equal((status, code), (answer.Status, answer.ErrorCode()));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Fact]
    public async Task TooLongName_IsRefusedHere()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", $"/v2/{new string('n', 257)}/manifests/v1");

        Assert.Equal((400, "NAME_INVALID"), (answer.Status, answer.ErrorCode()));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory]
    [InlineData(1, 70_000)]
    [InlineData(60, 1_500)]
    public async Task TooLongHeaders_AreRefusedHere(int lines, int length)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        string[] headers = [.. Enumerable.Range(0, lines).Select(n => $"X-Filler-{n}: {new string('x', length)}")];

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/a/manifests/v1", headers);

        Assert.Equal((431, "UNSUPPORTED"), (answer.Status, answer.ErrorCode()));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    /// <summary>What is no HTTP, or beyond the server's own limits: Kestrel hangs up with a status and no words.</summary>
    [Theory]
    [InlineData("GET /v2/a%00/manifests/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /v2/ HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: a\r\nBad Header: b\r\n\r\n", 400)]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400)]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 400)]
    [InlineData("GET /v2/\u00e4/manifests/v1 HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET  /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET /v2/ HTTP/3.7\r\nHost: x\r\n\r\n", 505)]
    [InlineData("GET HTTP://x/v2/ HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("GET http://y/v2/ HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("G(T /v2/ HTTP/1.1\r\nHost: x\r\n\r\n", 400)]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001 TLS on the plain port\r\n\r\n", 400)]
    public async Task WhatIsNoHttp_EndsTheConnection(string request, int status)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.SendAsync(proxy.Proxy.DataAddress, request);

        Assert.Equal(status, answer.Status);
        Assert.Null(answer.Header("Server"));
        Assert.Empty(answer.Body);
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory]
    [InlineData("sha256:" + Hex)]
    [InlineData("sha256%3A" + Hex)]
    [InlineData("sha256%3a" + Hex)]
    public async Task DigestWithAnEncodedColon_IsADigest(string digest)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "HEAD", $"/v2/team/app/blobs/{digest}");

        Assert.Equal(404, answer.Status);
        Assert.Equal($"/v2/team/app/blobs/sha256:{Hex}", proxy.Region.Counters.Log.First(entry => entry.Kind == RequestKind.HeadBlob).Path);
    }
}
