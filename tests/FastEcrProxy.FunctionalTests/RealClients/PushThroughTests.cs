using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>What each client pulls it pushes through the proxy, and pulls back from the proxy when nothing is behind it any more.</summary>
public sealed class PushThroughTests : RealClientTests
{
    private const string Target = "demo/pushed";
    private const int LayerBytes = 3_000_000;

    [Theory, MemberData(nameof(EveryClient))]
    public async Task PushedImage_IsThereAndIsPulledBack(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartPushProxyAsync();
        var image = SampleImage.BuildDocker(LayerBytes);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        proxy.Region.Content.CreateRepository(Target);
        var (from, to) = ($"{proxy.Authority}/{Repository}:1.0", $"{proxy.Authority}/{Target}:2.0");
        await PullRightAsync(client, from, image);

        (await client.PushAsync(from, to)).MustSucceed();

        var config = ImageClient.PlatformOf(image).Config.Digest;
        var pushed = proxy.Region.Content.Find(Target)!.ByTag("2.0")!;
        Assert.Contains(config, pushed.Blobs);
        Assert.All(pushed.Blobs, digest => Assert.NotNull(proxy.Region.Content.Find(Target)!.Blob(digest)));
        await proxy.MeasuredAsync(pushed.Blobs.Distinct().Count(), "fastecr_pushes_ended_total", "end=\"published\"");
        await GoDarkAsync(proxy.Region);
        await client.ForgetAsync();
        (await client.PullAsync(to)).MustSucceed();
    }

    [Fact]
    public async Task Buildah_PushesAndPullsBack()
    {
        var buildah = Own(Buildah.Start());
        var proxy = await StartPushProxyAsync();
        proxy.Region.Content.CreateRepository(Target);
        var to = $"{proxy.Authority}/{Target}:1";
        (await buildah.BuildAsync("made", LayerBytes)).MustSucceed();

        (await buildah.PushAsync("made", to)).MustSucceed();

        await SettledAsync(proxy);
        await GoDarkAsync(proxy.Region);
        (await buildah.ForgetAsync()).MustSucceed();
        (await buildah.PullAsync(to)).MustSucceed();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SkopeoCopyOfAWholeIndex_IsTheSameToTheLastBit(bool docker)
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var proxy = await StartPushProxyAsync();
        var image = docker ? SampleImage.BuildDocker(LayerBytes) : SampleImage.Build(LayerBytes);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        proxy.Region.Content.CreateRepository(Target);

        (await skopeo.CopyAsync(
            $"docker://{proxy.Authority}/{Repository}:1.0", $"docker://{proxy.Authority}/{Target}:2.0", "--all", "--preserve-digests"))
            .MustSucceed();

        await SettledAsync(proxy);
        await GoDarkAsync(proxy.Region);
        using var client = new PullClient();
        Assert.Equal(
            image.Index.ToArray(),
            await client.GetBytesAsync($"{proxy.Url}/v2/{Target}/manifests/2.0", ("Accept", image.IndexMediaType)));
        await PullRightAsync(skopeo, $"{proxy.Authority}/{Target}:2.0", image);
    }

    [Fact]
    public async Task DockerPushByHttps_Works()
    {
        var authority = Own(new PrivateAuthority());
        var docker = Own(await DockerEngine.StartAsync(authority.CaFile));
        var proxy = await StartPushProxyAsync(
            settings => settings with { Listen = settings.Listen with { Certificates = [authority.Certificate] } });
        var image = SampleImage.BuildDocker(LayerBytes);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        proxy.Region.Content.CreateRepository(Target);
        var from = $"{proxy.Authority}/{Repository}:1.0";
        await PullRightAsync(docker, from, image);

        (await docker.PushAsync(from, $"{proxy.Authority}/{Target}:2.0")).MustSucceed();

        Assert.NotNull(proxy.Region.Content.Find(Target)!.ByTag("2.0"));
    }

    [Theory, MemberData(nameof(EveryClient))]
    public async Task PushToAnotherRegistry_GoesThroughAsWell(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var registry = Own(await DockerRegistry.StartAsync());
        var proxy = await StartPushProxyAsync(settings => settings with
        {
            Upstream = settings.Upstream with
            {
                Host = null,
                Endpoint = new Uri($"http://{registry.Authority}"),
                UsesEcrToken = false,
                AllowedRedirectHosts = [],
            },
        });
        var image = SampleImage.BuildDocker(LayerBytes);
        await registry.FillAsync(Own(Skopeo.Start(caFile: null)), image, $"{Repository}:1.0");
        var (from, to) = ($"{proxy.Authority}/{Repository}:1.0", $"{proxy.Authority}/{Target}:2.0");
        await PullRightAsync(client, from, image);

        (await client.PushAsync(from, to)).MustSucceed();

        await SettledAsync(proxy);
        await registry.KillAsync();
        await client.ForgetAsync();
        (await client.PullAsync(to)).MustSucceed();
    }

    [Fact]
    public async Task DockerPushToAMissingRepository_SaysWhatToDo()
    {
        var docker = Own(await DockerEngine.StartAsync(caFile: null));
        var proxy = await StartPushProxyAsync();
        var image = SampleImage.BuildDocker(LayerBytes);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        var from = $"{proxy.Authority}/{Repository}:1.0";
        await PullRightAsync(docker, from, image);

        var push = await docker.PushAsync(from, $"{proxy.Authority}/demo/missing:1");

        Assert.False(push.Succeeded);
        Assert.Contains("The repository with name 'demo/missing' does not exist", push.All, StringComparison.Ordinal);
    }

    /// <summary>All that came is in the cache: a client hears of the registry's word a moment before.</summary>
    private static Task SettledAsync(ProxyUnderTest proxy) =>
        Until.TrueAsync(() => Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "partial")).Length == 0);

    private Task<ProxyUnderTest> StartPushProxyAsync(Func<ProxySettings, ProxySettings>? adjust = null) =>
        StartProxyAsync(settings => TakingPushes(adjust?.Invoke(settings) ?? settings));
}
