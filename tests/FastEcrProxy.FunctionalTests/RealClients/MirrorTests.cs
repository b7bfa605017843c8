using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>
/// The proxy as the mirror of an ECR name. Clients pass over a mirror that fails without a word; here the stand-in is the
/// place that they would turn to, and it would see them: they have no token.
/// </summary>
public sealed class MirrorTests : RealClientTests
{
    [Fact]
    public async Task Containerd_PullsAnEcrNameFromTheProxy()
    {
        var client = Own(await Containerd.StartAsync(caFile: null));
        var proxy = await StartProxyAsync();
        var image = Put(proxy);
        var name = proxy.Region.EcrHost;
        client.Room.File(
            $"hosts/{name}/hosts.toml",
            $"""
            server = "{proxy.Region.Registry.GetLeftPart(UriPartial.Authority)}"
            [host."{proxy.Url}"]
              capabilities = ["pull", "resolve"]
            """);

        await PullTwiceAsync(
            proxy, client, image, $"{name}/{Repository}:1.0", reference => client.PullByHostsAsync(client.Room.File("hosts"), reference));

        Assert.NotEqual(0, proxy.RequestsFor($"?ns={name}"));
    }

    [Fact]
    public async Task Podman_PullsAnEcrNameFromTheProxy()
    {
        var proxy = await StartProxyAsync();
        var image = Put(proxy);
        var name = proxy.Region.EcrHost;
        var client = Own(Podman.Start(
            caFile: null,
            $"""
            [[registry]]
            prefix = "{name}"
            location = "{proxy.Region.Registry.Authority}"
            insecure = true
            [[registry.mirror]]
            location = "{proxy.Authority}"
            insecure = true
            """));

        await PullTwiceAsync(proxy, client, image, $"{name}/{Repository}:1.0", client.PullAsConfiguredAsync);
    }

    private static SampleImage Put(ProxyUnderTest proxy)
    {
        var image = SampleImage.Build(1_000_000);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        return image;
    }

    /// <summary>Cold, and with everything upstream gone.</summary>
    private static async Task PullTwiceAsync(
        ProxyUnderTest proxy, ImageClient client, SampleImage image, string reference, Func<string, Task<ProgramRun>> pull)
    {
        (await pull(reference)).MustSucceed();
        Assert.True(await client.HoldsAsync(reference, image));
        Assert.All(
            proxy.Region.Counters.Log.Where(entry => entry.Origin == OriginName.Registry),
            entry => Assert.NotNull(entry.TokenId));
        await client.ForgetAsync();
        await GoDarkAsync(proxy.Region);

        (await pull(reference)).MustSucceed();

        Assert.True(await client.HoldsAsync(reference, image));
        var platform = ImageClient.PlatformOf(image);
        Assert.All(platform.Layers.Append(platform.Config), blob => Assert.Equal(2, proxy.RequestsFor($"/blobs/{blob.Digest}")));
    }
}
