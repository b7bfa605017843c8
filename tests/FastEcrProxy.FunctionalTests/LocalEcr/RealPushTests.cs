using FastEcrProxy.FunctionalTests.RealClients;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

/// <summary>Real clients push straight to the stand-in: what they are content with is what the proxy is tested against.</summary>
public sealed class RealPushTests : RealClientTests
{
    private const string Target = "demo/pushed";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SkopeoCopy_BringsAWholeIndex(bool docker)
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var server = Own(await LocalEcrServer.StartAsync(cancel: Cancel));
        var region = server.Main;
        var image = docker ? SampleImage.BuildDocker(2_000_000) : SampleImage.Build(2_000_000);
        image.PutInto(region.Content, Repository, "1.0");
        region.Content.CreateRepository(Target);
        var credentials = "AWS:" + region.MintToken().Password;

        var push = await skopeo.CopyAsync(
            $"docker://{region.Registry.Authority}/{Repository}:1.0",
            $"docker://{region.Registry.Authority}/{Target}:2.0",
            "--all",
            "--preserve-digests",
            "--src-creds",
            credentials,
            "--dest-creds",
            credentials);

        push.MustSucceed();
        Assert.Equal(image.Index.ToArray(), await PulledIndexAsync(region, "2.0"));
        Assert.Equal(image.Blobs.DistinctBy(blob => blob.Digest).Count(), region.Counters.Requests(RequestKind.FinishUpload));
        Assert.Equal(3, region.Counters.Requests(RequestKind.AnyManifestPut));
        Assert.All(image.Blobs, blob => Assert.NotNull(region.Content.Find(Target)!.Blob(blob.Digest)));
    }

    [Fact]
    public async Task DockerPush_BringsWhatItPulled()
    {
        var docker = Own(await DockerEngine.StartAsync(caFile: null));
        var server = Own(await LocalEcrServer.StartAsync(cancel: Cancel));
        var region = server.Main;
        var image = SampleImage.BuildDocker(2_000_000);
        image.PutInto(region.Content, Repository, "1.0");
        region.Content.CreateRepository(Target);
        var (from, to) = ($"{region.Registry.Authority}/{Repository}:1.0", $"{region.Registry.Authority}/{Target}:2.0");
        (await docker.DockerAsync(
            "login", "--username", "AWS", "--password", region.MintToken().Password, region.Registry.Authority)).MustSucceed();
        await PullRightAsync(docker, from, image);

        (await docker.PushAsync(from, to)).MustSucceed();

        var pushed = region.Content.Find(Target)!.ByTag("2.0")!;
        Assert.All(pushed.Blobs, digest => Assert.NotNull(region.Content.Find(Target)!.Blob(digest)));
        Assert.Contains(ImageClient.PlatformOf(image).Config.Digest, pushed.Blobs);
        Assert.True(region.Counters.Requests(RequestKind.UploadPart) > 0, "docker pushes by PATCH, and did not");
    }

    [Theory]
    [InlineData(RegistryAuth.None)]
    [InlineData(RegistryAuth.Basic)]
    [InlineData(RegistryAuth.Bearer)]
    public async Task SkopeoCopy_FromEcrToAnotherRegistryAndBack(RegistryAuth auth)
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var server = Own(await LocalEcrServer.StartAsync(
            new() { Registries = [new("other") { Auth = auth, TokensElsewhere = true }] }, Cancel));
        var (region, other) = (server.Main, server.Registries[0]);
        var image = SampleImage.Build(500_000);
        image.PutInto(region.Content, Repository, "1.0");
        region.Content.CreateRepository(Target);
        var ecr = "AWS:" + region.MintToken().Password;
        var there = $"docker://{other.Registry.Authority}/{Target}:2.0";

        (await skopeo.CopyAsync(
            $"docker://{region.Registry.Authority}/{Repository}:1.0", there, Whole("src", ecr, "dest", $"{other.User}:{other.Password}")))
            .MustSucceed();
        (await skopeo.CopyAsync(
            there, $"docker://{region.Registry.Authority}/{Target}:2.0", Whole("dest", ecr, "src", $"{other.User}:{other.Password}")))
            .MustSucceed();

        Assert.Equal((image.Digest, image.Digest), (other.Content.DigestOf(Target, "2.0"), region.Content.DigestOf(Target, "2.0")));
        Assert.All(image.Blobs, blob => Assert.True(region.Content.HasBlob(Target, blob.Digest)));
    }

    private static string[] Whole(string side, string credentials, string otherSide, string otherCredentials) =>
        ["--all", "--preserve-digests", $"--{side}-creds", credentials, $"--{otherSide}-creds", otherCredentials];

    private static async Task<byte[]> PulledIndexAsync(LocalRegion region, string tag)
    {
        using var pusher = new Pusher(region);
        using var got = await pusher.SendAsync(HttpMethod.Get, $"/v2/{Target}/manifests/{tag}");
        return await got.Content.ReadAsByteArrayAsync(Cancel);
    }
}
