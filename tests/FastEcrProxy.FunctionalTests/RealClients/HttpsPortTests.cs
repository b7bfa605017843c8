using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>The clients' port with a company's own CA. dockerd checks no certificate of loopback: it shows only that it pulls.</summary>
public sealed class HttpsPortTests : RealClientTests
{
    [Theory, MemberData(nameof(EveryClient))]
    public async Task ClientThatTrustsTheCa_Pulls(ClientKind kind)
    {
        var authority = Own(new PrivateAuthority());
        var client = await StartAsync(kind, authority.CaFile);
        var proxy = await StartHttpsAsync(authority);
        var image = SampleImage.Build(3_000_000);
        image.PutInto(proxy.Region.Content, Repository, "1.0");

        await PullRightAsync(client, $"{proxy.Authority}/{Repository}:1.0", image);
    }

    [Fact]
    public async Task ClientThatDoesNot_Refuses()
    {
        var client = await StartAsync(ClientKind.Skopeo, Own(new PrivateAuthority()).CaFile);
        var proxy = await StartHttpsAsync(Own(new PrivateAuthority()));

        var pull = await client.PullAsync($"{proxy.Authority}/{Repository}:1.0");

        Assert.False(pull.Succeeded);
        Assert.Contains("x509", pull.All, StringComparison.Ordinal);
    }

    private Task<ProxyUnderTest> StartHttpsAsync(PrivateAuthority authority) => StartProxyAsync(
        settings => settings with { Listen = settings.Listen with { Certificates = [authority.Certificate] } });
}
