using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Manifests;

/// <summary>By tag, ECR converts to what the client accepts: each kind of client gets its own answer, cold, warm and offline.</summary>
public sealed class AcceptTests
{
    private const string Oci = "application/vnd.oci.image.manifest.v1+json";
    private const string Docker = "application/vnd.docker.distribution.manifest.v2+json";

    [Theory]
    [InlineData(Oci, Docker)]
    [InlineData(Docker, Oci)]
    public async Task TwoAcceptSets_GetTwoAnswers(string stored, string converted)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var image = stored == Oci ? SampleImage.Build() : SampleImage.BuildDocker();
        image.PutInto(proxy.Region.Content, "team/app");
        proxy.Region.Content.Tag("team/app", "one", image.Platforms[0].Digest);

        var asStored = await AskAsync(client, proxy, stored);
        var asConverted = await AskAsync(client, proxy, converted);
        var asStoredAgain = await AskAsync(client, proxy, stored);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        var asConvertedOffline = await AskAsync(client, proxy, converted);

        Assert.Equal(Encoding.UTF8.GetString(image.Platforms[0].Manifest.Span), asStored);
        Assert.NotEqual(asStored, asConverted);
        Assert.Contains(converted, asConverted, StringComparison.Ordinal);
        Assert.Equal(asStored, asStoredAgain);
        Assert.Equal(asConverted, asConvertedOffline);
    }

    [Fact]
    public async Task ConvertedManifest_IsThenThereByItsOwnDigest()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var image = SampleImage.Build();
        image.PutInto(proxy.Region.Content, "team/app");
        proxy.Region.Content.Tag("team/app", "one", image.Platforms[0].Digest);

        using var byTag = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/one", ("Accept", Docker));
        var digest = byTag.Header("Docker-Content-Digest");
        proxy.Region.Counters.Reset();
        using var byDigest = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/{digest}", ("Accept", Docker));

        Assert.Equal(await byTag.BytesAsync(), await byDigest.BytesAsync());
        Assert.Equal(Docker, byDigest.Header("Content-Type"));
        Assert.Equal(0, proxy.Region.Counters.Requests());
    }

    [Theory]
    [InlineData("Accept: application/a\r\nAccept: application/b;q=0.5\r\naccept: */*")]
    [InlineData("Accept: application/a, application/b;q=0.5, */*")]
    [InlineData("Accept: application/a, application/b;q=0.5\r\nAccept: */*")]
    public async Task EveryAcceptValue_ReachesTheRegistry(string lines)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), Oci, "v1");

        var cold = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/team/app/manifests/v1", lines);
        var warm = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/team/app/manifests/v1", lines);

        Assert.Equal((200, 200), (cold.Status, warm.Status));
        var asked = proxy.Region.Counters.Log.Where(entry => (entry.Kind & RequestKind.AnyManifestByTag) != 0).ToList();
        Assert.Equal(["GET", "HEAD"], asked.Select(entry => entry.Method));
        Assert.All(asked, entry => Assert.Equal(
            ["application/a", "application/b;q=0.5", "*/*"], entry.Accept!.Split(',', StringSplitOptions.TrimEntries)));
    }

    [Fact]
    public async Task NoAccept_IsForwardedAsNone()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), Oci, "v1");

        await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/team/app/manifests/v1");

        Assert.Null(proxy.Region.Counters.Log.Single(entry => entry.Kind == RequestKind.GetManifestByTag).Accept);
    }

    private static async Task<string> AskAsync(PullClient client, ProxyUnderTest proxy, string accept)
    {
        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/one", ("Accept", accept));
        Assert.Equal(accept, answer.Header("Content-Type"));
        var bytes = await answer.BytesAsync();
        Assert.Equal(
            "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes)),
            answer.Header("Docker-Content-Digest"));
        return Encoding.UTF8.GetString(bytes);
    }
}
