using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Manifests;

/// <summary>Answers that cannot be right: never served, never kept.</summary>
public sealed class WrongManifestTests
{
    private const int BytesMax = 8 << 20;
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WrongBytes_AreNeitherServedNorKept(bool byTag)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", "{\"n\":1}"u8.ToArray(), ImageType, "v1");
        var url = $"{proxy.Url}/v2/team/app/manifests/{(byTag ? "v1" : digest)}";
        proxy.Region.Faults.CorruptManifests();

        using var wrong = await client.GetAsync(url);
        var error = await wrong.ErrorAsync();
        var right = await client.GetBytesAsync(url);

        Assert.Equal((502, "UNKNOWN"), (error.Status, error.Code));
        Assert.Contains(digest, error.Message, StringComparison.Ordinal);
        Assert.Equal("{\"n\":1}"u8.ToArray(), right);
        Assert.Equal("1", await MetricAsync(client, proxy, "fastecr_digest_mismatches_total"));
    }

    [Fact]
    public async Task PageOfACaptivePortal_IsNotTakenForAManifest()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType);
        proxy.Region.Faults.Answer(RequestKind.GetManifestByDigest, 200, body: "<html>Log in</html>", contentType: "text/html");

        using var wrong = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/{digest}");
        var right = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{digest}");

        Assert.Equal(502, (await wrong.ErrorAsync()).Status);
        Assert.Equal("{}"u8.ToArray(), right);
    }

    [Theory]
    [InlineData("v1")]
    [InlineData(null)]
    public async Task ManifestOverEightMebibytes_Is502(string? tag)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", Json(BytesMax + 1), ImageType, "v1");

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/{tag ?? digest}");

        Assert.Equal((502, "UNKNOWN"), await CodeAsync(answer));
    }

    [Fact]
    public async Task ManifestOfEightMebibytes_IsServedAndKept()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var bytes = Json(BytesMax);
        var digest = proxy.Region.Content.PutManifest("team/app", bytes, ImageType);

        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{digest}");
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        var again = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{digest}");

        Assert.True(bytes.AsSpan().SequenceEqual(again));
    }

    [Fact]
    public async Task RefusalOfAKnownTag_IsPassedOnAndNotPapered()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        proxy.Region.Faults.DenyIam(RequestKind.AnyManifest);

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal((403, "DENIED"), await CodeAsync(answer));
    }

    private static byte[] Json(int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill((byte)' ');
        bytes[0] = (byte)'{';
        bytes[^1] = (byte)'}';
        return bytes;
    }

    private static async Task<(int Status, string Code)> CodeAsync(HttpResponseMessage answer)
    {
        var error = await answer.ErrorAsync();
        return (error.Status, error.Code);
    }

    private static async Task<string> MetricAsync(PullClient client, ProxyUnderTest proxy, string name)
    {
        var scraped = System.Text.Encoding.UTF8.GetString(await client.GetBytesAsync($"{proxy.AdminUrl}/metrics"));
        var sample = scraped.Split('\n').Single(line => line.StartsWith(name, StringComparison.Ordinal));
        return sample[sample.IndexOf('}', StringComparison.Ordinal)..].TrimStart('}', ' ').Split(' ')[0];
    }
}
