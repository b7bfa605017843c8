using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

public sealed class PushTests : RealClientTests
{
    [Theory]
    [InlineData(Repository)]
    [InlineData("demo/unknown")]
    public async Task DockerPush_IsRefusedWithTheReasonAndPullsGoOn(string target)
    {
        var docker = Own(await DockerEngine.StartAsync(caFile: null));
        var proxy = await StartProxyAsync();
        var image = SampleImage.BuildDocker(1_000_000);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        var reference = $"{proxy.Authority}/{Repository}:1.0";
        await PullRightAsync(docker, reference, image);

        var push = await docker.PushAsync(reference, $"{proxy.Authority}/{target}:2.0");

        Assert.False(push.Succeeded);
        Assert.Contains("unsupported: This proxy serves pulls", push.All, StringComparison.Ordinal);
        await docker.ForgetAsync();
        await PullRightAsync(docker, reference, image);
    }

    [Fact]
    public async Task SkopeoCopyToTheProxy_IsRefusedWithTheReasonAndPullsGoOn()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var proxy = await StartProxyAsync();
        var image = SampleImage.Build(1_000_000);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        var source = $"docker://{proxy.Authority}/{Repository}:1.0";

        var push = await skopeo.CopyAsync(source, $"docker://{proxy.Authority}/demo/unknown:2.0", "--all");

        Assert.False(push.Succeeded);
        Assert.Contains("This proxy serves pulls", push.All, StringComparison.Ordinal);
        await PullRightAsync(skopeo, $"{proxy.Authority}/{Repository}:1.0", image);
    }
}
