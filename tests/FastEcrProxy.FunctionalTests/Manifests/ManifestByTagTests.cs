using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Manifests;

/// <summary>Manifests by tag: the registry is asked what a tag means, as often as the settings say, once for all who ask at once.</summary>
public sealed class ManifestByTagTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly byte[] First = "{\"n\":1}"u8.ToArray();
    private static readonly byte[] Second = "{\"n\":2}"u8.ToArray();

    [Fact]
    public async Task ByDefault_TheTagIsRevalidatedEveryTime()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");

        for (var i = 0; i < 3; i++)
        {
            using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1", ("Accept", ImageType));
            Assert.Equal(First, await answer.BytesAsync());
            Assert.Equal(digest, answer.Header("Docker-Content-Digest"));
            Assert.Equal(ImageType, answer.Header("Content-Type"));
            Assert.Equal($"{First.Length}", answer.Header("Content-Length"));
        }

        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetManifestByTag));
        Assert.Equal(2, proxy.Region.Counters.Requests(RequestKind.HeadManifestByTag));
    }

    [Fact]
    public async Task MovedTag_GivesTheNewManifestAtOnce()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        var moved = proxy.Region.Content.PutManifest("team/app", Second, ImageType, "v1");
        using var head = await client.SendAsync(HttpMethod.Head, $"{proxy.Url}/v2/team/app/manifests/v1");
        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(moved, head.Header("Docker-Content-Digest"));
        Assert.Equal(Second, bytes);
    }

    [Fact]
    public async Task TagMovedBack_IsServedFromDisk()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        proxy.Region.Content.PutManifest("team/app", Second, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        proxy.Region.Counters.Reset();

        proxy.Region.Content.Tag("team/app", "v1", digest);
        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(First, bytes);
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.GetManifestByTag | RequestKind.GetManifestByDigest));
    }

    [Fact]
    public async Task FreshTag_IsNotAskedForUntilItsTimeIsOver()
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(
            adjust: settings => settings with { Cache = settings.Cache with { TagFreshness = TimeSpan.FromMinutes(5) } }, time: clock);
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        proxy.Region.Content.PutManifest("team/app", Second, ImageType, "v1");
        proxy.Region.Counters.Reset();

        var fresh = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        Assert.Equal(0, proxy.Region.Counters.Requests());
        clock.Move(TimeSpan.FromMinutes(6));
        var asked = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(First, fresh);
        Assert.Equal(Second, asked);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManyAtOnce_AskOnce()
    {
        // Fresh for an hour: who comes a moment too late to join is answered from the map, and asks nobody either.
        await using var proxy = await ProxyUnderTest.StartAsync(
            adjust: settings => settings with { Cache = settings.Cache with { TagFreshness = TimeSpan.FromHours(1) } });
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        using var hang = proxy.Region.Faults.Hang(RequestKind.AnyManifestByTag);

        var asking = Enumerable.Range(0, 100).Select(_ => client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1")).ToList();
        await hang.ReachedAsync(TestContext.Current.CancellationToken);
        hang.Release();

        Assert.All(await Task.WhenAll(asking), bytes => Assert.Equal(First, bytes));
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.AnyManifest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatLeaves_TakesNothingFromTheOthers()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        using var hang = proxy.Region.Faults.Hang(RequestKind.GetManifestByTag);

        using (var leaving = new PullClient())
        {
            _ = leaving.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
            await hang.ReachedAsync(TestContext.Current.CancellationToken);
        }

        var staying = client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        hang.Release();

        Assert.Equal(First, await staying);
    }

    [Fact]
    public async Task TagDeletedUpstream_Is404AndForgotten()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        proxy.Region.Content.Untag("team/app", "v1");
        using var gone = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await gone.ErrorAsync();
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        using var dark = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal((404, "MANIFEST_UNKNOWN"), (error.Status, error.Code));
        Assert.Equal(503, dark.Status);
    }

    [Fact]
    public async Task LongestNames_AreServedAndStored()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var repository = string.Join('/', Enumerable.Repeat(new string('a', 31), 8)); // 255 characters
        var tag = new string('T', 128);
        proxy.Region.Content.PutManifest(repository, First, ImageType, tag);
        var url = $"{proxy.Url}/v2/{repository}/manifests/{tag}";

        await client.GetBytesAsync(url);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        var bytes = await client.GetBytesAsync(url);

        Assert.Equal(First, bytes);
    }

    [Theory]
    [InlineData("blobs")]
    [InlineData("manifests")]
    [InlineData("tags/list")]
    [InlineData("team/blobs/uploads")]
    public async Task RepositoryNamedLikeANoun_IsARepository(string repository)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest(repository, First, ImageType, "list");

        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/{repository}/manifests/list");

        Assert.Equal(First, bytes);
        Assert.Equal($"/v2/{repository}/manifests/list", Assert.Single(Manifests(proxy)).Path);
    }

    [Fact]
    public async Task SameTagInAnotherCase_IsAnotherTag()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", First, ImageType, "v1");
        proxy.Region.Content.PutManifest("team/app", Second, ImageType, "V1");

        var lower = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var upper = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/V1");

        Assert.Equal(Encoding.UTF8.GetString(First), Encoding.UTF8.GetString(lower));
        Assert.Equal(Encoding.UTF8.GetString(Second), Encoding.UTF8.GetString(upper));
    }

    private static IEnumerable<RequestEntry> Manifests(ProxyUnderTest proxy) =>
        proxy.Region.Counters.Log.Where(entry => (entry.Kind & RequestKind.AnyManifest) != 0);
}
