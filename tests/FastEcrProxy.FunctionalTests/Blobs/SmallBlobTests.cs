using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Blobs at the edge of what a blob can be.</summary>
public sealed class SmallBlobTests
{
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task TinyBlob_IsServedColdAndStored(int length)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var blob = TestLayer.Upstream(proxy, length);

        var cold = await Pull.RunAsync(client, blob.Url(proxy));
        await Until.TrueAsync(() => blob.IsStored(proxy));
        var hit = await Pull.RunAsync(client, blob.Url(proxy));

        cold.AssertWhole(blob);
        hit.AssertWhole(blob);
        Assert.Equal(1, proxy.Region.Counters.LayerGets());
        await proxy.MeasuredAsync(1, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"hit\"");
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("bytes=0-")]
    [InlineData("bytes=0-0")]
    [InlineData("bytes=-1")]
    public async Task RangeOfAnEmptyBlob_Is416(string range)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var blob = TestLayer.Upstream(proxy, 0);

        using var cold = await client.GetAsync(blob.Url(proxy), ("Range", range));
        await Until.TrueAsync(() => blob.IsStored(proxy));
        using var hit = await client.GetAsync(blob.Url(proxy), ("Range", range));

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, cold.StatusCode);
        Assert.Equal("bytes */0", cold.Content.Headers.ContentRange?.ToString());
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, hit.StatusCode);
        Assert.Equal("bytes */0", hit.Content.Headers.ContentRange?.ToString());
    }
}
