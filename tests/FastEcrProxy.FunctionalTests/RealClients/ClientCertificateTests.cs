using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Clients that are known by their certificate, each configured with it in its own way.</summary>
public sealed class ClientCertificateTests : GuardedTests
{
    private const string Node = "node-1";

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ClientKind.Skopeo)]
    [InlineData(ClientKind.Podman)]
    [InlineData(ClientKind.Containerd)]
    public async Task OnlyClientWithACertificate_PullsAndPushes(ClientKind kind)
    {
        var authority = Own(new PrivateAuthority());
        var client = await StartAsync(kind, authority.CaFile);
        var proxy = await StartAskingAsync(authority, IPAddress.Loopback);
        var (image, from) = (Put(proxy), $"{proxy.Authority}/{Repository}:1.0");

        await AssertRefusedAsync(client, from, image);
        client.CertificateFolder = Own(new PrivateAuthority()).FolderFor(Node);
        await AssertRefusedAsync(client, from, image);
        client.CertificateFolder = authority.FolderFor(Node);

        await AssertPullsAndPushesTeamOnlyAsync(client, proxy, proxy.Authority, image);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Docker_ShowsTheCertificateOfCertsD()
    {
        var authority = Own(new PrivateAuthority());
        var proxy = await StartAskingAsync(authority, IPAddress.IPv6Loopback);
        var image = Put(proxy);
        var host = $"{DockerEngine.LoopbackName}:{proxy.Proxy.DataAddress.Port}";
        var docker = Own(await DockerEngine.StartAsync(caFile: null, host));
        var from = $"{host}/{Repository}:1.0";

        docker.GiveCertificates(host, authority.FolderFor(client: null));
        await AssertRefusedAsync(docker, from, image);
        docker.GiveCertificates(host, authority.FolderFor(Node));

        await AssertPullsAndPushesTeamOnlyAsync(docker, proxy, host, image);
    }

    private static async Task AssertPullsAndPushesTeamOnlyAsync(ImageClient client, ProxyUnderTest proxy, string host, SampleImage image)
    {
        var from = $"{host}/{Repository}:1.0";
        await PullRightAsync(client, from, image);
        (await client.PushAsync(from, $"{host}/{Target}:2.0")).MustSucceed();
        Assert.False((await client.PushAsync(from, $"{host}/{Repository}:2.0")).Succeeded);
        Assert.NotNull(proxy.Region.Content.Find(Target)!.ByTag("2.0"));
        Assert.Null(proxy.Region.Content.Find(Repository)!.ByTag("2.0"));
    }

    private static async Task AssertRefusedAsync(ImageClient client, string reference, SampleImage image)
    {
        var pull = await client.PullAsync(reference);

        Assert.False(pull.Succeeded, $"it was let in: {pull}");
        Assert.Matches("denied|403|certificate", pull.All);
        Assert.False(await client.HoldsAsync(reference, image));
    }

    private Task<ProxyUnderTest> StartAskingAsync(PrivateAuthority authority, IPAddress address) => StartProxyAsync(
        settings => TakingPushes(settings) with
        {
            Listen = settings.Listen with
            {
                Address = new IPEndPoint(address, 0),
                Certificates = [authority.Certificate],
                ClientAuthority = ClientAuthority.Load(authority.CaFile).Authority!,
            },
            Clients = new ClientOptions
            {
                Ways = [ClientWay.Mtls],
                Rules = [Rule("*", Pull, $"cert:{Node}"), Rule("team/*", PullAndPush, $"cert:{Node}")],
            },
        });
}
