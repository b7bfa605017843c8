using System.Net;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Proxy;

/// <summary>The main job: an image pulled cold, then warm, then with everything upstream gone.</summary>
public sealed class FirstPullTests
{
    [Fact]
    public async Task ImagePulledOnce_IsPulledAgainWithoutAnyUpstream()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var image = SampleImage.Build(layerBytes: 3_000_000);
        image.PutInto(proxy.Region.Content, "demo/hello", "latest");

        await PullAsync(client, proxy.Url, image);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);
        await PullAsync(client, proxy.Url, image);

        Assert.All(image.Blobs, blob => Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest)));
    }

    [Fact]
    public async Task NoUpstreamNamed_IsTheRegistryThatAwsNamesForTheCaller()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await ProxyUnderTest.StartAsync(
            new LocalEcrOptions { Certificate = certificate, ProxyEndpointIsLocal = true },
            settings => settings with
            {
                Upstream = settings.Upstream with { Host = null, Endpoint = null, ExtraCertificates = [certificate] },
            });
        using var client = new PullClient();
        var image = SampleImage.Build(layerBytes: 100_000);
        image.PutInto(proxy.Region.Content, "demo/hello", "latest");

        await PullAsync(client, proxy.Url, image);

        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    private static async Task PullAsync(PullClient client, string url, SampleImage image)
    {
        var index = await client.GetBytesAsync($"{url}/v2/demo/hello/manifests/latest", ("Accept", image.IndexMediaType));
        Assert.Equal(image.Index.ToArray(), index);
        foreach (var platform in image.Platforms)
        {
            Assert.Equal(platform.Manifest.ToArray(), await client.GetBytesAsync($"{url}/v2/demo/hello/manifests/{platform.Digest}"));
        }

        foreach (var blob in image.Blobs)
        {
            var bytes = await client.GetBytesAsync($"{url}/v2/demo/hello/blobs/{blob.Digest}");
            Assert.Equal(blob.Digest, "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)));
        }
    }
}
