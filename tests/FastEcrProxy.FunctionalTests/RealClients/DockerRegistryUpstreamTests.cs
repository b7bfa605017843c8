using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>A registry that is not ours and not ECR: it sends blobs itself and knows no tokens.</summary>
public sealed class DockerRegistryUpstreamTests : RealClientTests
{
    [Theory, MemberData(nameof(EveryClient))]
    public async Task ImagePulledCold_IsPulledWarmThenWithoutTheRegistry(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var registry = Own(await DockerRegistry.StartAsync());
        var image = SampleImage.Build(3_000_000);
        await registry.FillAsync(Own(Skopeo.Start(caFile: null)), image, $"{Repository}:1.0");
        var proxy = await StartProxyAsync(settings => settings with
        {
            Upstream = settings.Upstream with
            {
                Host = null,
                Endpoint = new Uri($"http://{registry.Authority}"),
                UsesEcrToken = false,
                AllowedRedirectHosts = [],
            },
        });
        var byTag = $"{proxy.Authority}/{Repository}:1.0";

        await PullRightAsync(client, byTag, image);
        await client.ForgetAsync();
        await PullRightAsync(client, byTag, image);
        await client.ForgetAsync();
        var platform = ImageClient.PlatformOf(image);
        Assert.All(platform.Layers.Append(platform.Config), blob => Assert.Equal(1, registry.BlobGets(blob.Digest)));
        await registry.KillAsync();
        await PullRightAsync(client, byTag, image);
        await client.ForgetAsync();
        await PullRightAsync(client, $"{proxy.Authority}/{Repository}@{image.Digest}", image);

        Assert.Equal(0, proxy.Region.Counters.Requests());
    }
}
