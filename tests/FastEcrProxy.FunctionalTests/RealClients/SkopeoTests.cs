using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

public sealed class SkopeoTests : RealClientTests
{
    private const int Crowd = 5;
    private const int BytesPerSecond = 4_000_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CopyOfAllPlatforms_IsTheIndexBitForBit(bool isDockerFormat)
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var proxy = await StartProxyAsync();
        var image = isDockerFormat ? SampleImage.BuildDocker(1_000_000) : SampleImage.Build(1_000_000);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        var target = skopeo.Room.Folder("all");

        var source = $"docker://{proxy.Authority}/{Repository}:1.0";
        (await skopeo.CopyAsync(source, $"dir:{target}", "--all", "--preserve-digests")).MustSucceed();

        Assert.Equal(image.Index.ToArray(), await File.ReadAllBytesAsync(Path.Combine(target, "manifest.json"), Cancel));
        foreach (var platform in image.Platforms)
        {
            var manifest = Path.Combine(target, platform.Digest[7..] + ".manifest.json");
            Assert.Equal(platform.Manifest.ToArray(), await File.ReadAllBytesAsync(manifest, Cancel));
        }

        foreach (var blob in image.Blobs)
        {
            await ImageClient.AssertFileIsAsync(Path.Combine(target, blob.Digest[7..]), blob.Digest);
        }
    }

    [Fact]
    public async Task Inspect_TellsDigestTagsAndPlatform()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var proxy = await StartProxyAsync();
        var image = SampleImage.Build();
        image.PutInto(proxy.Region.Content, Repository, "2.0", "1.0");

        var run = await skopeo.AskAsync("inspect", $"docker://{proxy.Authority}/{Repository}:1.0");

        using var told = JsonDocument.Parse(run.MustSucceed().Output);
        Assert.Equal(image.Digest, told.RootElement.GetProperty("Digest").GetString());
        Assert.Equal(ImageClient.Architecture, told.RootElement.GetProperty("Architecture").GetString());
        Assert.Equal(["1.0", "2.0"], told.RootElement.GetProperty("RepoTags").EnumerateArray().Select(tag => tag.GetString()).Order());
    }

    [Fact]
    public async Task ListTags_GivesAllOfThem()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var proxy = await StartProxyAsync();
        var tags = Enumerable.Range(0, 1500).Select(number => $"build-{number}").ToArray(); // more than ECR puts on a page
        SampleImage.Build().PutInto(proxy.Region.Content, Repository, tags);

        var run = await skopeo.AskAsync("list-tags", $"docker://{proxy.Authority}/{Repository}");

        using var told = JsonDocument.Parse(run.MustSucceed().Output);
        var listed = told.RootElement.GetProperty("Tags").EnumerateArray().Select(tag => tag.GetString()!);
        Assert.Equal(tags.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task ColdImagePulledByFiveAtOnce_IsFetchedOnce()
    {
        var proxy = await StartProxyAsync();
        var image = SampleImage.Build(8_000_000);
        image.PutInto(proxy.Region.Content, Repository, "1.0");
        var crowd = Enumerable.Range(0, Crowd).Select(_ => Own(Skopeo.Start(caFile: null))).ToList();
        using var slow = proxy.Region.Faults.LimitLayers(BytesPerSecond); // so that the last of them finds the first at work

        await Task.WhenAll(crowd.Select(skopeo => PullRightAsync(skopeo, $"{proxy.Authority}/{Repository}:1.0", image)));

        Assert.All(
            ImageClient.PlatformOf(image).Layers.Append(ImageClient.PlatformOf(image).Config),
            blob => Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest)));
    }
}
