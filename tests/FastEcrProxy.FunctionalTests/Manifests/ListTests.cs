using System.Text.Json;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Manifests;

/// <summary>Tags, referrers and the catalog: the registry's pages, with the way to the next one led back to the proxy.</summary>
public sealed class ListTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";

    [Fact]
    public async Task TagsFollowedToTheEnd_GiveEachTagOnce()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        string[] tags = [.. Enumerable.Range(0, 2500).Select(n => $"t{(n * 7919) % 2500}")];
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, tags);

        var pages = await FollowAsync(client, proxy, "/v2/team/app/tags/list?n=5000&ns=registry.example.com", "application/json");

        Assert.Equal([1000, 1000, 500], pages.Select(page => page.GetProperty("tags").GetArrayLength()));
        Assert.All(pages, page => Assert.Equal("team/app", page.GetProperty("name").GetString()));
        Assert.Equal(tags, pages.SelectMany(page => page.GetProperty("tags").EnumerateArray()).Select(tag => tag.GetString()));
        var asked = proxy.Region.Counters.Log.Where(entry => entry.Kind == RequestKind.ListTags).ToList();
        Assert.Equal("?n=1000", asked[0].Query);
        Assert.All(asked, entry => Assert.DoesNotContain("ns=", entry.Query, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("?n=7", "?n=7")]
    [InlineData("?n=1001", "?n=1000")]
    [InlineData("?n=99999999999999999999", "?n=1000")]
    [InlineData("?last=a%2Fb%2B%26%3D%25%20c", "?last=a%2Fb%2B%26%3D%25%20c")]
    [InlineData("?n=2&last=b3BhcXVl&evil=1&ns=x", "?n=2&last=b3BhcXVl")]
    public async Task QueryOfTags_IsPassedOnWithoutWhatDoesNotBelong(string asked, string forwarded)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.CreateRepository("team/app");

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/tags/list{asked}");

        Assert.Equal(200, answer.Status);
        Assert.Equal("application/json", answer.Header("Content-Type"));
        Assert.Equal(forwarded, proxy.Region.Counters.Log.Single(entry => entry.Kind == RequestKind.ListTags).Query);
    }

    [Fact]
    public async Task NoTagsAskedFor_IsAnEmptyListWithoutANextPage()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "a", "b");

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/tags/list?n=0");

        Assert.Equal(200, answer.Status);
        Assert.Equal("""{"name":"team/app","tags":[]}""", (await answer.JsonAsync()).GetRawText());
        Assert.Null(answer.Header("Link"));
    }

    [Theory]
    [InlineData("n=-1")]
    [InlineData("n=x")]
    [InlineData("n=1.5")]
    [InlineData("n=")]
    [InlineData("n=%20")]
    [InlineData("n=%2B5")]
    [InlineData("n=0x10")]
    [InlineData("n=5&n=6")]
    public async Task NumberThatIsNone_IsRefusedHere(string query)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/tags/list?{query}");
        var error = await answer.ErrorAsync();

        Assert.Equal((400, "PAGINATION_NUMBER_INVALID"), (error.Status, error.Code));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Fact]
    public async Task HeadOfTags_HasTheHeadersAlone()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "a");

        using var get = await client.GetAsync($"{proxy.Url}/v2/team/app/tags/list");
        using var head = await client.SendAsync(HttpMethod.Head, $"{proxy.Url}/v2/team/app/tags/list");

        Assert.Equal(200, head.Status);
        Assert.Empty(await head.BytesAsync());
        Assert.Equal(get.Header("Content-Length"), head.Header("Content-Length"));
    }

    [Theory]
    [InlineData("/v2/no/such/tags/list")]
    [InlineData("/v2/no/such/manifests/v1")]
    [InlineData("/v2/no/such/referrers/sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task UnknownRepository_IsNameUnknown(string path)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();

        using var answer = await client.GetAsync(proxy.Url + path);
        var error = await answer.ErrorAsync();

        Assert.Equal((404, "NAME_UNKNOWN"), (error.Status, error.Code));
        Assert.Contains("no/such", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReferrersOfAnUnknownSubject_AreAnEmptyIndex()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.CreateRepository("team/app");

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/referrers/sha256:{new string('0', 64)}");

        Assert.Equal(200, answer.Status);
        Assert.Equal(IndexType, answer.Header("Content-Type"));
        Assert.Empty((await answer.JsonAsync()).GetProperty("manifests").EnumerateArray());
    }

    [Theory]
    [InlineData("", 120)]
    [InlineData("?artifactType=application%2Fsig%2Btype&ns=registry.example.com", 60)]
    public async Task ReferrersFollowedToTheEnd_GiveEachOnce(string query, int expected)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var subject = proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType);
        var digests = Enumerable.Range(0, 120)
            .Select(n => proxy.Region.Content.PutManifest("team/app", Referrer(subject, n), ImageType))
            .ToHashSet();

        var pages = await FollowAsync(client, proxy, $"/v2/team/app/referrers/{subject}{query}", IndexType);

        var listed = pages.SelectMany(page => page.GetProperty("manifests").EnumerateArray())
            .Select(entry => entry.GetProperty("digest").GetString()!)
            .ToList();
        Assert.Equal(expected, listed.Count);
        Assert.Equal(expected, listed.Distinct().Count());
        Assert.Subset(digests, listed.ToHashSet());
        Assert.All(
            proxy.Region.Counters.Log.Where(entry => entry.Kind == RequestKind.ListReferrers),
            entry => Assert.DoesNotContain("ns=", entry.Query, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("?artifactType=application%2Fsig", "artifactType")]
    [InlineData("", null)]
    public async Task FilterThatTheRegistryApplied_IsSaid(string query, string? expected)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.CreateRepository("team/app");

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/referrers/sha256:{new string('0', 64)}{query}");

        Assert.Equal(expected, answer.Header("OCI-Filters-Applied"));
    }

    [Fact]
    public async Task Catalog_IsOffUnlessSwitchedOn()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/_catalog");
        var error = await answer.ErrorAsync();

        Assert.Equal((405, "UNSUPPORTED"), (error.Status, error.Code));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Fact]
    public async Task CatalogSwitchedOn_IsPassedOnPageByPage()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(
            adjust: settings => settings with { Catalog = true });
        using var client = new PullClient();
        string[] names = [.. Enumerable.Range(0, 25).Select(n => $"team/r{n:00}")];
        Assert.All(names, name => proxy.Region.Content.CreateRepository(name));

        var pages = await FollowAsync(client, proxy, "/v2/_catalog?n=10", "application/json");

        Assert.Equal([10, 10, 5], pages.Select(page => page.GetProperty("repositories").GetArrayLength()));
        Assert.Equal(names, pages.SelectMany(page => page.GetProperty("repositories").EnumerateArray()).Select(name => name.GetString()));
    }

    private static byte[] Referrer(string subject, int n) => JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
    {
        ["schemaVersion"] = 2,
        ["artifactType"] = n % 2 == 0 ? "application/sig+type" : "application/sbom",
        ["subject"] = new Dictionary<string, string> { ["digest"] = subject },
        ["annotations"] = new Dictionary<string, string> { ["n"] = $"{n}" },
    });

    /// <summary>Every page, by the Link headers; each has to lead to a path on the proxy itself.</summary>
    private static async Task<List<JsonElement>> FollowAsync(PullClient client, ProxyUnderTest proxy, string path, string contentType)
    {
        const int pagesMax = 20; // a list that leads back to itself has to end, too
        var list = path.Split('?')[0];
        List<JsonElement> pages = [];
        for (var next = path; next is not null;)
        {
            Assert.True(pages.Count < pagesMax, $"The list does not end; the next page would be {next}");
            using var answer = await client.GetAsync(proxy.Url + next);
            Assert.Equal(200, answer.Status);
            Assert.Equal(contentType, answer.Header("Content-Type"));
            pages.Add(await answer.JsonAsync());
            var link = answer.Header("Link");
            Assert.True(link is null || link.StartsWith($"<{list}?", StringComparison.Ordinal), link);
            next = link?[1..link.IndexOf('>', StringComparison.Ordinal)];
        }

        return pages;
    }
}
