using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>HEAD on a blob: the same head as GET, no body, and no download for it.</summary>
public sealed class HeadTests
{
    private const int Length = 3_000_000;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(HeadBlobAnswer.Size, 0)]
    [InlineData(HeadBlobAnswer.Redirect, 1)]
    [InlineData(HeadBlobAnswer.NotAllowed, 1)]
    public async Task ColdBlob_IsAskedForByHeadAndNotDownloaded(HeadBlobAnswer upstream, int firstByteGets)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, Length);
        proxy.Region.Faults.HeadBlob = upstream;

        using var answer = await client.SendAsync(HttpMethod.Head, layer.Url(proxy));

        AssertHead(answer, layer);
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.HeadBlob));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.GetLayer));
        Assert.Equal(firstByteGets, proxy.Region.Counters.LayerBytes(layer.Digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RegistryThatForbidsHead_IsAskedForTheFirstByte()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, Length);
        proxy.Region.Faults.DenyIam(RequestKind.HeadBlob);

        using var answer = await client.SendAsync(HttpMethod.Head, layer.Url(proxy));

        AssertHead(answer, layer);
        Assert.Equal(1, proxy.Region.Counters.LayerBytes(layer.Digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StoredBlob_IsAnsweredWithoutAskingAnyone()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, Length);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));
        proxy.Region.Counters.Reset();

        using var head = await client.SendAsync(HttpMethod.Head, layer.Url(proxy));
        using var get = await client.GetAsync(layer.Url(proxy));

        AssertHead(head, layer);
        Assert.Equal(Headers(get), Headers(head));
        Assert.Equal(0, proxy.Region.Counters.Requests());
        await proxy.MeasuredAsync(2, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"hit\"");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UnknownBlob_Is404WithoutABody()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        TestLayer.Upstream(proxy, 10);
        var unknown = TestLayer.Random(11);
        using var raw = await RawClient.ConnectAsync(proxy);

        await raw.AskAsync(
            RawClient.Get(unknown.Path()).Replace("GET", "HEAD", StringComparison.Ordinal) + "\r\nConnection: close");
        var head = await raw.ReadHeadAsync();

        Assert.StartsWith("HTTP/1.1 404", head, StringComparison.Ordinal);
        Assert.Empty(await raw.ReadToEndAsync());
    }

    private static void AssertHead(HttpResponseMessage answer, TestLayer layer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(layer.Bytes.Length, answer.Content.Headers.ContentLength);
        Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(layer.Digest, Assert.Single(answer.Headers.GetValues("Docker-Content-Digest")));
        Assert.Equal("registry/2.0", Assert.Single(answer.Headers.GetValues("Docker-Distribution-Api-Version")));
        Assert.Equal("bytes", Assert.Single(answer.Headers.GetValues("Accept-Ranges")));
    }

    private static List<string> Headers(HttpResponseMessage answer) =>
    [
        .. answer.Headers.Concat(answer.Content.Headers)
            .Where(static header => header.Key != "Date")
            .Select(static header => $"{header.Key}: {string.Join(", ", header.Value)}")
            .Order(StringComparer.Ordinal),
    ];
}
