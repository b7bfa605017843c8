using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Manifests;

/// <summary>Manifests by digest: asked for once, then from disk, and only for repositories that have them.</summary>
public sealed class ManifestByDigestTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    [Theory]
    [InlineData(ImageType)]
    [InlineData("application/vnd.docker.distribution.manifest.v2+json")]
    [InlineData("application/vnd.example.Odd+JSON;  Version=\"1\"")]
    public async Task FirstAsked_IsThenAnsweredFromDiskByteForByte(string mediaType)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var bytes = Encoding.UTF8.GetBytes("{ \"schemaVersion\": 2,\n\t\"odd spacing\" : \"kept\" }\n");
        var digest = proxy.Region.Content.PutManifest("team/app", bytes, mediaType);
        var url = $"{proxy.Url}/v2/team/app/manifests/{digest}";

        using var cold = await client.GetAsync(url);
        Assert.Equal(bytes, await cold.BytesAsync());
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetManifestByDigest));
        proxy.Region.Counters.Reset();
        using var warm = await client.GetAsync(url);
        using var head = await client.SendAsync(HttpMethod.Head, url);

        Assert.Equal(bytes, await warm.BytesAsync());
        Assert.Empty(await head.BytesAsync());
        Assert.All([cold, warm, head], answer =>
        {
            Assert.Equal(200, answer.Status);
            Assert.Equal(mediaType, answer.Header("Content-Type"));
            Assert.Equal(digest, answer.Header("Docker-Content-Digest"));
            Assert.Equal($"{bytes.Length}", answer.Header("Content-Length"));
            Assert.Equal("registry/2.0", answer.Header("Docker-Distribution-Api-Version"));
            Assert.Null(answer.Header("Warning"));
        });
        Assert.Equal(0, proxy.Region.Counters.Requests());
    }

    [Fact]
    public async Task ColdHead_AsksForTheHeadAlone()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType);

        using var head = await client.SendAsync(HttpMethod.Head, $"{proxy.Url}/v2/team/app/manifests/{digest}");

        Assert.Equal(200, head.Status);
        Assert.Equal(ImageType, head.Header("Content-Type"));
        Assert.Equal(digest, head.Header("Docker-Content-Digest"));
        Assert.Equal("2", head.Header("Content-Length"));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.GetManifestByDigest));
    }

    [Fact]
    public async Task AnotherRepository_IsAskedForItsOwnRight()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/a", "{}"u8.ToArray(), ImageType);
        proxy.Region.Content.CreateRepository("team/b");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/a/manifests/{digest}");

        using var refused = await client.GetAsync($"{proxy.Url}/v2/team/b/manifests/{digest}");
        Assert.Equal((404, "MANIFEST_UNKNOWN"), CodeOf(await refused.ErrorAsync()));
        using var refusedHead = await client.SendAsync(HttpMethod.Head, $"{proxy.Url}/v2/team/b/manifests/{digest}");
        Assert.Equal(404, refusedHead.Status);

        proxy.Region.Content.PutManifest("team/b", "{}"u8.ToArray(), ImageType);
        proxy.Region.Counters.Reset();
        Assert.Equal("{}"u8.ToArray(), await client.GetBytesAsync($"{proxy.Url}/v2/team/b/manifests/{digest}"));
        Assert.Equal("{}"u8.ToArray(), await client.GetBytesAsync($"{proxy.Url}/v2/team/b/manifests/{digest}"));
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.HeadManifestByDigest));
        Assert.Equal(1, proxy.Region.Counters.Requests());
    }

    [Fact]
    public async Task IndexServedUnderARepository_LinksItsChildrenToIt()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var image = SampleImage.Build();
        image.PutInto(proxy.Region.Content, "team/a", "v1");
        image.PutInto(proxy.Region.Content, "team/b", "v1");
        var child = image.Platforms[0];
        await client.GetBytesAsync($"{proxy.Url}/v2/team/a/manifests/{child.Digest}");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/a/blobs/{child.Config.Digest}");

        await client.GetBytesAsync($"{proxy.Url}/v2/team/b/manifests/v1", ("Accept", image.IndexMediaType));
        proxy.Region.Counters.Reset();
        var manifest = await client.GetBytesAsync($"{proxy.Url}/v2/team/b/manifests/{child.Digest}");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/a/blobs/{child.Config.Digest}");

        Assert.Equal(child.Manifest.ToArray(), manifest);
        Assert.Equal(0, proxy.Region.Counters.Requests());
    }

    [Fact]
    public async Task DockerImage_IsPulledByTagAndByDigest()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var image = SampleImage.BuildDocker();
        image.PutInto(proxy.Region.Content, "team/docker", "latest");

        using var list = await client.GetAsync($"{proxy.Url}/v2/team/docker/manifests/latest", ("Accept", image.IndexMediaType));
        using var manifest = await client.GetAsync($"{proxy.Url}/v2/team/docker/manifests/{image.Platforms[1].Digest}");

        Assert.Equal("application/vnd.docker.distribution.manifest.list.v2+json", list.Header("Content-Type"));
        Assert.Equal(image.Index.ToArray(), await list.BytesAsync());
        Assert.Equal("application/vnd.docker.distribution.manifest.v2+json", manifest.Header("Content-Type"));
        Assert.Equal(image.Platforms[1].Manifest.ToArray(), await manifest.BytesAsync());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManyAtOnce_AskOnce()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType);
        using var hang = proxy.Region.Faults.Hang(RequestKind.GetManifestByDigest);

        var asking = Enumerable.Range(0, 100).Select(_ => client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{digest}")).ToList();
        await hang.ReachedAsync(TestContext.Current.CancellationToken);
        hang.Release();

        Assert.All(await Task.WhenAll(asking), bytes => Assert.Equal("{}"u8.ToArray(), bytes));
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.AnyManifest));
    }

    private static (int Status, string Code) CodeOf((int Status, string Code, string Message) error) => (error.Status, error.Code);
}
