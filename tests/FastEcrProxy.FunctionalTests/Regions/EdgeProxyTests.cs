using System.Net;
using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>A branch office: an edge proxy whose registries are proxies in the Regions.</summary>
public sealed class EdgeProxyTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const int MiB = 1 << 20;

    private static readonly byte[] Manifest = "{\"n\":1}"u8.ToArray();

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WhatTheOfficeHasPulled_CostsTheLineNothing()
    {
        await using var regional = await ProxyUnderTest.StartAsync();
        await using var edge = await StartEdgeAsync(regional);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(regional, 3 * MiB);
        var digest = regional.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");

        Assert.Equal(Manifest, await client.GetBytesAsync($"{edge.Url}/v2/team/app/manifests/v1"));
        (await Pull.RunAsync(client, layer.Url(edge))).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(edge) && layer.IsStored(regional));
        (await Pull.RunAsync(client, layer.Url(edge))).AssertWhole(layer);
        Assert.Equal(Manifest, await client.GetBytesAsync($"{edge.Url}/v2/team/app/manifests/{digest}"));

        Assert.Equal(1, regional.RequestsFor(layer.Digest));
        Assert.Equal(1, regional.Region.Counters.Requests(RequestKind.GetBlob));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RangesAndQuestions_ReachThrough()
    {
        await using var regional = await ProxyUnderTest.StartAsync();
        await using var edge = await StartEdgeAsync(regional);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(regional, 3 * MiB);

        using var head = await client.SendAsync(HttpMethod.Head, layer.Url(edge));
        using var part = await client.GetAsync(layer.Url(edge), ("Range", "bytes=2000000-2000099"));

        Assert.Equal(200, head.Status);
        Assert.Equal($"{layer.Bytes.Length}", head.Header("Content-Length"));
        Assert.Equal(206, part.Status);
        Assert.Equal(layer.Bytes[2_000_000..2_000_100], await part.BytesAsync());
        (await Pull.RunAsync(client, $"{edge.Url}/v2/team/app/manifests/none")).AssertError(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LineThatIsDown_LeavesTheOfficeWhatItHas()
    {
        var regional = await ProxyUnderTest.StartAsync();
        await using var edge = await StartEdgeAsync(regional);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(regional, MiB);
        regional.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        await client.GetBytesAsync($"{edge.Url}/v2/team/app/manifests/v1");
        (await Pull.RunAsync(client, layer.Url(edge))).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(edge));

        await regional.DisposeAsync();

        Assert.Equal(Manifest, await client.GetBytesAsync($"{edge.Url}/v2/team/app/manifests/v1"));
        (await Pull.RunAsync(client, layer.Url(edge))).AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ProxyThatDiesInTheMiddleOfALayer_IsReplacedByTheOther()
    {
        var near = await ProxyUnderTest.StartAsync();
        await using var far = await ProxyUnderTest.StartAsync();
        await using var edge = await StartEdgeAsync(near, far);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(near, 6 * MiB).PutInto(far, TestLayer.Repository);
        var pause = near.Region.Faults.PauseLayers(2 * MiB, times: 1);
        var pulling = Pull.RunAsync(client, layer.Url(edge));
        await pause.ReachedAsync(TestContext.Current.CancellationToken);

        await near.DisposeAsync();

        (await pulling).AssertWhole(layer);
    }

    private static Task<ProxyUnderTest> StartEdgeAsync(params ProxyUnderTest[] regional) => ProxyUnderTest.StartAsync(
        adjust: settings => settings with
        {
            Upstreams =
            [
                new RuleOptions { Name = "office", Registries = [.. regional.Select((proxy, number) => Registry(proxy, $"r{number}"))] },
            ],
        });

    private static RegistryOptions Registry(ProxyUnderTest proxy, string name) => new(
        name,
        new UpstreamOptions
        {
            Endpoint = new Uri(proxy.Url),
            Auth = RegistryAuthOptions.None,
            ConnectTimeout = ProxyUnderTest.Patience,
            FirstByteTimeout = ProxyUnderTest.Patience,
            IdleTimeout = ProxyUnderTest.Patience,
        },
        new EcrOptions());
}
