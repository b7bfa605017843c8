using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>Which registry a request ends at, and that what is cached of one is never served as another's.</summary>
public sealed class RuleRoutingTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly byte[] Ours = "{\"n\":\"ours\"}"u8.ToArray();
    private static readonly byte[] Theirs = "{\"n\":\"theirs\"}"u8.ToArray();

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Prefixes_LeadToAccounts_UnderTheNamesThatTheyHaveThere()
    {
        await using var proxy = await StartAsync(ecr =>
        [
            Rule("ours", ecr[Company.Near], "team", "team", "prod"),
            Rule("theirs", ecr[Company.Near, Company.OtherAccount], "vendor"),
        ]);
        using var client = new PullClient();
        proxy.Ecr[Company.Near].Content.PutManifest("prod/app", Ours, ImageType, "v1");
        proxy.Ecr[Company.Near, Company.OtherAccount].Content.PutManifest("vendor/app", Theirs, ImageType, "v1");

        Assert.Equal(Ours, await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1"));
        Assert.Equal(Theirs, await client.GetBytesAsync($"{proxy.Url}/v2/vendor/app/manifests/v1"));
        (await Pull.RunAsync(client, $"{proxy.Url}/v2/other/app/manifests/v1")).AssertError(HttpStatusCode.NotFound, "NAME_UNKNOWN");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Hosts_HaveRepositoriesOfTheirOwn()
    {
        await using var proxy = await StartAsync(ecr =>
        [
            Rule("ours", ecr[Company.Near]) with { Match = new RuleMatch { Host = "ours.example.com" } },
            Rule("theirs", ecr[Company.Near, Company.OtherAccount]) with { Match = new RuleMatch { Host = "theirs.example.com" } },
        ]);
        using var client = new PullClient();
        proxy.Ecr[Company.Near].Content.PutManifest("team/app", Ours, ImageType, "v1");
        var theirs = proxy.Ecr[Company.Near, Company.OtherAccount].Content.PutManifest("team/app", Theirs, ImageType, "v1");
        var url = $"{proxy.Url}/v2/team/app/manifests";

        Assert.Equal(Ours, await client.GetBytesAsync($"{url}/v1", ("Host", "ours.example.com")));
        Assert.Equal(Theirs, await client.GetBytesAsync($"{url}/v1", ("Host", "theirs.example.com:443")));

        // Cached by now, and still nobody's but theirs.
        var stranger = await Pull.RunAsync(client, $"{url}/{theirs}", ("Host", "ours.example.com"));
        stranger.AssertError(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        await proxy.Ecr.GoDarkAsync(Company.Near);
        Assert.Equal(Ours, await client.GetBytesAsync($"{url}/v1", ("Host", "ours.example.com")));
        Assert.Equal(Theirs, await client.GetBytesAsync($"{url}/v1", ("Host", "theirs.example.com")));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ByAccount_TheFirstComponentNamesTheRegistry()
    {
        await using var proxy = await StartAsync(ecr => [Rule("accounts", ecr[Company.Near]) with
        {
            Shape = RuleShape.ByAccount,
            Match = new RuleMatch { Accounts = [ecr[Company.Near].AccountId] },
        }]);
        using var client = new PullClient();
        proxy.Ecr[Company.Near].Content.PutManifest("team/app", Ours, ImageType, "v1");
        var account = proxy.Ecr[Company.Near].AccountId;

        Assert.Equal(Ours, await client.GetBytesAsync($"{proxy.Url}/v2/{account}/team/app/manifests/v1"));
        (await Pull.RunAsync(client, $"{proxy.Url}/v2/{Company.OtherAccount}/team/app/manifests/v1"))
            .AssertError(HttpStatusCode.NotFound, "NAME_UNKNOWN");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Namespaces_AreAllowListed_AnsweredAndNotPassedOn()
    {
        await using var proxy = await StartAsync(ecr =>
        [
            Rule("ours", ecr[Company.Near]) with { Match = new RuleMatch { Namespaces = [ecr[Company.Near].EcrHost] } },
            Rule("plain", ecr[Company.Far]),
        ]);
        using var client = new PullClient();
        var ns = proxy.Ecr[Company.Near].EcrHost;
        proxy.Ecr[Company.Near].Content.PutManifest("team/app", Ours, ImageType, "v1");
        proxy.Ecr[Company.Far].Content.PutManifest("team/app", Theirs, ImageType, "v1");
        var url = $"{proxy.Url}/v2/team/app/manifests/v1";

        using var answer = await client.GetAsync($"{url}?ns={ns}");

        Assert.Equal(Ours, await answer.BytesAsync());
        Assert.Equal(ns, answer.Header("OCI-Namespace"));
        Assert.All(proxy.Ecr[Company.Near].Counters.Log, entry => Assert.DoesNotContain("ns=", entry.Query, StringComparison.Ordinal));
        Assert.Equal(Theirs, await client.GetBytesAsync(url));

        // The other rule's own registry needs no list, and is answered all the same.
        using var own = await client.GetAsync($"{url}?ns={proxy.Ecr[Company.Far].EcrHost}");
        Assert.Equal(Theirs, await own.BytesAsync());
        Assert.Equal(proxy.Ecr[Company.Far].EcrHost, own.Header("OCI-Namespace"));
        (await Pull.RunAsync(client, $"{url}?ns=169.254.169.254")).AssertError(HttpStatusCode.NotFound, "NAME_UNKNOWN");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task NearClients_FetchLayersFromTheLayerStore()
    {
        await using var proxy = await Company.StartNearAndFarAsync(
            static rule => rule with { RedirectClients = [IPNetwork.Parse("127.0.0.0/8")] });
        using var client = new PullClient();
        var layer = TestLayer.Random(100_000);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);

        using var answer = await client.GetAsync(layer.Url(proxy));
        using var head = await client.SendAsync(HttpMethod.Head, layer.Url(proxy));

        Assert.Equal((307, 0), (answer.Status, (await answer.BytesAsync()).Length));
        Assert.Equal(layer.Bytes, await client.GetBytesAsync(answer.Headers.Location!.OriginalString));
        Assert.Equal(200, head.Status); // the address is signed for GET
        Assert.False(layer.IsStored(proxy));
        await proxy.LoggedAsync($"/blobs/{layer.Digest} 307 Redirected 0 bytes");
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains("X-Amz-", StringComparison.Ordinal));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(false, 200)]
    [InlineData(true, 307)]
    public async Task NearClients_GetWhatIsCachedFromHere_UnlessToldOtherwise(bool redirectCached, int status)
    {
        await using var proxy = await StartAsync(ecr =>
        [
            Rule("near", ecr[Company.Near]) with
            {
                Match = new RuleMatch { Host = "near.example.com" },
                RedirectClients = [IPNetwork.Parse("127.0.0.0/8")],
                RedirectCached = redirectCached,
            },
            Rule("others", ecr[Company.Near]),
        ]);
        using var client = new PullClient();
        var layer = TestLayer.Random(100_000);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));

        using var answer = await client.GetAsync(layer.Url(proxy), ("Host", "near.example.com"));

        Assert.Equal(status, answer.Status);
    }

    private static Task<ProxyUnderTest> StartAsync(Func<LocalEcrServer, IReadOnlyList<RuleOptions>> rules) => Company.StartAsync(rules);

    private static RuleOptions Rule(
        string name, LocalRegion region, string? prefix = null, string? strip = null, string? add = null) => new()
    {
        Name = name,
        Match = new RuleMatch { Prefix = prefix },
        StripPrefix = strip,
        AddPrefix = add,
        Registries = [Company.Registry(region)],
    };
}
