using FastEcrProxy.LocalEcr;
using FastEcrProxy.Oci;

namespace FastEcrProxy.FunctionalTests.Upstream;

public sealed class RegistryClientTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Manifest_IsByteExact_ByTagAndByDigest()
    {
        await using var rig = await UpstreamRig.StartAsync();

        var (byTag, _) = await rig.GetManifestAsync();
        var (byDigest, _) = await rig.Client.GetManifestAsync(UpstreamRig.App, new Reference(byTag!.Digest), [], Cancel);

        Assert.All([byTag, byDigest!], manifest => Assert.Equal(rig.Manifest, manifest.Bytes.ToArray()));
        Assert.Equal(UpstreamRig.MediaType, byTag.MediaType);
        Assert.Equal(Digest.Of(rig.Manifest), byTag.Digest);
    }

    [Fact]
    public async Task WrongBytes_AreNoManifest()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.CorruptManifests();

        Assert.Equal(FetchError.DigestMismatch, (await rig.GetManifestAsync()).Failure!.Error);
    }

    [Fact]
    public async Task Tags_AreListedPageByPage()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var tags = "";
        string? last = null;
        do
        {
            var (page, failure) = await rig.Client.ListTagsAsync(UpstreamRig.App, 2, last, Cancel);
            Assert.True(page is not null, failure?.Reason);
            tags += System.Text.Encoding.UTF8.GetString(page.Bytes.Span);
            var query = page.Next?.Split('&').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            last = query is null ? null : Uri.UnescapeDataString(query["last"]);
        }
        while (last is not null);

        Assert.Equal(2, rig.Local.Counters.Requests(RequestKind.ListTags));
        Assert.All(["1.0", "1.1", "1.2"], tag => Assert.Contains($"\"{tag}\"", tags, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ReferrersCatalogAndPing_AreAnswered()
    {
        await using var rig = await UpstreamRig.StartAsync();

        var (referrers, _) = await rig.Client.ListReferrersAsync(UpstreamRig.App, Digest.Of(rig.Manifest), null, null, Cancel);
        var (catalog, _) = await rig.Client.ListRepositoriesAsync(null, null, Cancel);

        Assert.Equal("application/vnd.oci.image.index.v1+json", referrers!.MediaType);
        Assert.Contains("team/app", System.Text.Encoding.UTF8.GetString(catalog!.Bytes.Span), StringComparison.Ordinal);
        Assert.Null(await rig.Client.PingAsync(Cancel));
    }

    [Fact]
    public async Task UnknownRepository_KeepsEcrsCode()
    {
        await using var rig = await UpstreamRig.StartAsync();
        Assert.True(Repository.TryParse("no/such", out var unknown));

        var (_, failure) = await rig.Client.GetManifestAsync(unknown, UpstreamRig.Tag, [], Cancel);

        Assert.Equal((FetchError.NotFound, "NAME_UNKNOWN"), (failure!.Error, failure.Code));
    }

    [Fact]
    public async Task ShortThrottling_IsWaitedOut()
    {
        await using var rig = await UpstreamRig.StartAsync();
        rig.Local.Faults.Answer(RequestKind.AnyManifest, 429, retryAfter: TimeSpan.FromSeconds(1));

        Assert.NotNull((await rig.GetManifestAsync()).Value);
    }

    [Fact]
    public async Task LongThrottling_IsPassedOnWithItsWish()
    {
        await using var rig = await UpstreamRig.StartAsync();
        var throttled = rig.Local.Faults.Answer(RequestKind.AnyManifest, 429, Faults.Always, TimeSpan.FromSeconds(30));

        var (_, failure) = await rig.GetManifestAsync();

        Assert.Equal((FetchError.Throttled, TimeSpan.FromSeconds(30)), (failure!.Error, failure.RetryAfter));
        Assert.Equal(1, throttled.Hits);
    }
}
