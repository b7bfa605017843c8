using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>Registry and layer store behind a private CA: trusted where it is configured, and said as such where it is not.</summary>
public sealed class TlsUpstreamTests
{
    [Fact]
    public async Task PrivateCaThatIsConfigured_IsTrustedByRegistryAndLayers()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await ProxyUnderTest.StartAsync(
            new LocalEcrOptions { Certificate = certificate },
            settings => settings with { Upstream = settings.Upstream with { ExtraCertificates = [certificate] } });
        using var client = new PullClient();
        var image = SampleImage.Build(layerBytes: 100_000);
        image.PutInto(proxy.Region.Content, "team/app", "v1");

        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1", ("Accept", image.IndexMediaType));
        var layer = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{image.Blobs[^1].Digest}");

        Assert.Equal("https", proxy.Region.Registry.Scheme);
        Assert.Equal(image.Blobs[^1].Length, layer.Length);
    }

    [Fact]
    public async Task PrivateCaThatIsNot_IsSaidToBeMissing()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await ProxyUnderTest.StartAsync(new LocalEcrOptions { Certificate = certificate });
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await answer.ErrorAsync();

        Assert.Equal((503, "UNAVAILABLE"), (error.Status, error.Code));
        Assert.Contains("its certificate is signed by a CA that is not trusted (CN=localhost)", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Fact]
    public async Task CertificateForAnotherName_IsNotForgivenByTrustInItsCa()
    {
        using var certificate = TestCertificate.For("registry.example.com", IPAddress.Parse("192.0.2.1"));
        await using var proxy = await ProxyUnderTest.StartAsync(
            new LocalEcrOptions { Certificate = certificate },
            settings => settings with { Upstream = settings.Upstream with { ExtraCertificates = [certificate] } });
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await answer.ErrorAsync();

        Assert.Equal(503, error.Status);
        Assert.Contains("its certificate is for another name (CN=registry.example.com)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoTlsOnTheOtherSide_IsSaidToBeTls()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Upstream = settings.Upstream with { Endpoint = new Uri($"https://{settings.Upstream.Endpoint!.Authority}/") },
        });
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await answer.ErrorAsync();

        Assert.Equal(503, error.Status);
        Assert.StartsWith($"No TLS connection to {proxy.Region.Registry.Authority}: ", error.Message, StringComparison.Ordinal);
    }
}
