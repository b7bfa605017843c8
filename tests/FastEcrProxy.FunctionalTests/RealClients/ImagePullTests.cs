using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>The main job, as each client does it.</summary>
public sealed class ImagePullTests : RealClientTests
{
    private const int SmallLayerBytes = 3_000_000;
    private const int LargeLayerBytes = 55_000_000;

    // Manifests, the other blobs, and what is read in vain where several connections share a large layer.
    private const long BesideItBytes = 16 << 20;

    public static MatrixTheoryData<ClientKind, bool> EveryClientAndFormat => new(Enum.GetValues<ClientKind>(), [false, true]);

    [Theory, MemberData(nameof(EveryClientAndFormat))]
    public async Task ImagePulledCold_IsPulledWarmThenWithoutUpstream(ClientKind kind, bool isDockerFormat)
    {
        var client = await StartAsync(kind);
        var proxy = await StartProxyAsync();
        var image = isDockerFormat ? SampleImage.BuildDocker(SmallLayerBytes) : SampleImage.Build(SmallLayerBytes);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        var byTag = $"{proxy.Authority}/{Repository}:1.0";
        var byDigest = $"{proxy.Authority}/{Repository}@{image.Digest}";

        await PullRightAsync(client, byTag, image);
        var cold = proxy.Region.Counters.LayerGets();
        await client.ForgetAsync();
        await PullRightAsync(client, byTag, image);
        await client.ForgetAsync();
        var warm = proxy.Region.Counters.LayerGets();
        await GoDarkAsync(proxy.Region);
        await PullRightAsync(client, byTag, image);
        await client.ForgetAsync();
        await PullRightAsync(client, byDigest, image);

        Assert.Equal(1 + ImageClient.PlatformOf(image).Layers.Count, cold); // config and layers of one platform, once
        Assert.Equal(cold, warm);
    }

    [Theory, MemberData(nameof(EveryClient))]
    public async Task LargeLayer_ArrivesWholeAndOnce(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartProxyAsync();
        var image = SampleImage.Build(LargeLayerBytes);
        image.PutInto(proxy.Region.Content, Repository, "large");
        var reference = $"{proxy.Authority}/{Repository}:large";

        await PullRightAsync(client, reference, image);
        await GoDarkAsync(proxy.Region);
        await client.ForgetAsync();
        await PullRightAsync(client, reference, image);

        var layer = ImageClient.PlatformOf(image).Layers[^1];
        Assert.True(layer.Length > 50_000_000);
        Assert.InRange(await proxy.MetricAsync(TestLayer.Received), layer.Length, layer.Length + BesideItBytes);
    }

    [Theory]
    [InlineData(ClientKind.Podman)]
    [InlineData(ClientKind.Containerd)]
    [InlineData(ClientKind.Docker)]
    public async Task PulledImage_Runs(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartProxyAsync();
        var image = SampleImage.Build();
        image.PutInto(proxy.Region.Content, Repository, "latest");
        var reference = $"{proxy.Authority}/{Repository}:latest";
        await PullRightAsync(client, reference, image);

        var run = await client.RunAsync(reference);

        Tools.NeedContainers(run);
        Assert.Contains("Hello from Amazon ECR's local stand-in", run.MustSucceed().Output, StringComparison.Ordinal);
    }
}
