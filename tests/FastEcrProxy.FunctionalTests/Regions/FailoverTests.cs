using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>A Region fails, lags or hangs, at any moment; clients get what they asked for from another one.</summary>
public sealed class FailoverTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const int MiB = 1 << 20;

    private static readonly byte[] Manifest = "{\"n\":1}"u8.ToArray();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TagThatTheReplicaDoesNotHaveYet_ComesFromThePrimary()
    {
        await using var proxy = await Company.StartNearAndFarAsync();
        using var client = new PullClient();
        proxy.Ecr[Company.Near].Content.CreateRepository("team/app");
        proxy.Ecr[Company.Far].Content.PutManifest("team/app", Manifest, ImageType, "v1");

        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(Manifest, bytes);
        await proxy.LoggedAsync($"{Company.Far} is asked instead of {Company.Near} for manifest team/app:v1 (NotFound)");
        await proxy.MeasuredAsync(1, "fastecr_upstream_lags_total");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TagThatNobodyHas_IsTheNearestsAnswer()
    {
        await using var proxy = await Company.StartNearAndFarAsync();
        using var client = new PullClient();
        proxy.Ecr[Company.Near].Content.CreateRepository("team/app");

        var pull = await Pull.RunAsync(client, $"{proxy.Url}/v2/team/app/manifests/v1");

        pull.AssertError(System.Net.HttpStatusCode.NotFound, "MANIFEST_UNKNOWN"); // the far one would say NAME_UNKNOWN
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("dark")]
    [InlineData("hangs")]
    public async Task RegionThatFails_IsPassedBy(string trouble)
    {
        var clock = new MovedClock();
        await using var proxy = await Company.StartNearAndFarAsync(time: clock);
        using var client = new PullClient();
        PutEverywhere(proxy, "team/app", Manifest, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        using var trial = await BreakAsync(proxy, Company.Near, trouble);

        for (var pulls = 1; pulls <= RegistryHealth.FailuresToOpen + 1; pulls++)
        {
            var pulling = client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
            if (trial is not null && pulls <= RegistryHealth.FailuresToOpen)
            {
                await trial.ReachedAsync(pulls, Cancel);
                Assert.Equal(1, clock.EndWaitsOf(ProxyUnderTest.Patience));
            }

            Assert.Equal(Manifest, await pulling);
        }

        await proxy.LoggedAsync($"The registry {Company.Near} is down");
        await proxy.MeasuredAsync(1, "fastecr_upstream_down", $"registry=\"{Company.Near}\"");
        await proxy.MeasuredAsync(1, "fastecr_upstream_outages_total");
        await MendAsync(proxy, Company.Near, trial);
        await proxy.LoggedAsync($"The registry {Company.Near} answers again");
        var asked = proxy.Ecr[Company.Near].Counters.Requests(RequestKind.AnyManifest);
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        Assert.True(proxy.Ecr[Company.Near].Counters.Requests(RequestKind.AnyManifest) > asked, "the near Region is not asked again");
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("dark")]
    [InlineData("hangs")]
    public async Task RegionThatFailsInTheMiddleOfALayer_IsReplacedForTheRest(string trouble)
    {
        var clock = new MovedClock();
        await using var proxy = await Company.StartNearAndFarAsync(time: clock);
        using var client = new PullClient();
        var layer = TestLayer.Random(6 * MiB);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        proxy.Ecr[Company.Far].Content.PutBlob("team/app", layer.Bytes);
        var pause = proxy.Ecr[Company.Near].Faults.PauseLayers(2 * MiB, times: 1);
        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await pause.ReachedAsync(Cancel);

        using var trial = await BreakAsync(proxy, Company.Near, trouble);
        pause.Release();
        if (trial is not null)
        {
            await proxy.MeasuredAsync(2 * MiB, "fastecr_upstream_received_bytes_total");
            await Until.TrueAsync(() => clock.EndWaitsOf(ProxyUnderTest.Patience) == 1); // it waits for the next byte now
        }

        (await pulling).AssertWhole(layer);
        var far = Assert.Single(proxy.Ecr[Company.Far].Counters.Log, entry => entry.Origin is OriginName.Layers);
        Assert.StartsWith("bytes=", far.Range, StringComparison.Ordinal); // not from its beginning
        await Until.TrueAsync(() => layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerThatTheReplicaDoesNotHaveYet_ComesFromThePrimary()
    {
        await using var proxy = await Company.StartNearAndFarAsync();
        using var client = new PullClient();
        var layer = TestLayer.Random(MiB);
        proxy.Ecr[Company.Near].Content.CreateRepository("team/app");
        proxy.Ecr[Company.Far].Content.PutBlob("team/app", layer.Bytes);

        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        using var head = await client.SendAsync(HttpMethod.Head, layer.Url(proxy));
        Assert.Equal(200, head.Status);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongBytes_AreFetchedAnewFromTheNextRegion()
    {
        await using var proxy = await Company.StartNearAndFarAsync();
        using var client = new PullClient();
        var layer = TestLayer.Random(MiB);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        proxy.Ecr[Company.Far].Content.PutBlob("team/app", layer.Bytes);
        using var corrupt = proxy.Ecr[Company.Near].Faults.CorruptLayers(1000, times: Faults.Always);

        (await Pull.RunAsync(client, layer.Url(proxy))).AssertNotGiven(layer);

        await Until.TrueAsync(() => layer.IsStored(proxy)); // nobody had to ask again
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TwoRegionsDown_TheThirdGivesIt()
    {
        await using var proxy = await Company.StartAsync(ecr =>
        [
            new RuleOptions
            {
                Name = "company",
                Registries = [.. ((string[])[Company.Near, Company.Far, Company.Farthest]).Select(name => Company.Registry(ecr[name]))],
            },
        ]);
        using var client = new PullClient();
        var layer = TestLayer.Random(MiB);
        proxy.Ecr[Company.Farthest].Content.PutBlob("team/app", layer.Bytes);
        proxy.Ecr[Company.Farthest].Content.PutManifest("team/app", Manifest, ImageType, "v1");
        await proxy.Ecr.GoDarkAsync(Company.Near);
        await proxy.Ecr.GoDarkAsync(Company.Far);

        Assert.Equal(Manifest, await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1"));
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayerThatTheCacheCannotTake_IsStillTheNearRegions()
    {
        await using var proxy = await Company.StartNearAndFarAsync(
            adjust: static settings => settings with { Cache = settings.Cache with { SizeBytes = MiB } });
        using var client = new PullClient();
        var layer = TestLayer.Random(3 * MiB);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        proxy.Ecr[Company.Far].Content.PutBlob("team/app", layer.Bytes);

        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);

        Assert.False(layer.IsStored(proxy));
        Assert.Equal(0, proxy.Ecr[Company.Far].Counters.Requests(RequestKind.AnyRegistry));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task QuestionForTheCacheAlone_AsksNoPrimary()
    {
        await using var proxy = await Company.StartNearAndFarAsync(static rule => rule with { Push = true });
        using var client = new PullClient();
        var layer = TestLayer.Random(MiB);
        proxy.Ecr[Company.Far].Content.PutBlob("team/app", layer.Bytes);

        using var answer = await client.SendAsync(HttpMethod.Head, layer.Url(proxy), ("Cache-Control", "only-if-cached"));

        Assert.Equal(504, answer.Status);
        Assert.All(proxy.Ecr.Regions, region => Assert.Equal(0, region.Counters.Requests(RequestKind.AnyRegistry)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task AllRegionsDown_WhatIsCachedIsServed()
    {
        await using var proxy = await Company.StartNearAndFarAsync();
        using var client = new PullClient();
        var layer = TestLayer.Random(MiB);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        PutEverywhere(proxy, "team/app", Manifest, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));

        await proxy.Ecr.GoDarkAsync(Company.Near);
        await proxy.Ecr.GoDarkAsync(Company.Far);

        for (var pulls = 0; pulls < 5; pulls++)
        {
            using var stale = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
            Assert.Equal(Manifest, await stale.BytesAsync());
            Assert.Equal("110 - \"Response is Stale\"", stale.Header("Warning"));
        }

        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
    }

    private static void PutEverywhere(ProxyUnderTest proxy, string repository, byte[] manifest, string tag)
    {
        foreach (var region in proxy.Ecr.Regions)
        {
            region.Content.PutManifest(repository, manifest, ImageType, tag);
        }
    }

    private static async Task<Fault?> BreakAsync(ProxyUnderTest proxy, string region, string trouble)
    {
        if (trouble == "hangs")
        {
            return proxy.Ecr.Freeze(region);
        }

        await proxy.Ecr.GoDarkAsync(region);
        return null;
    }

    private static async Task MendAsync(ProxyUnderTest proxy, string region, Fault? trial)
    {
        if (trial is null)
        {
            await proxy.Ecr.ComeBackAsync(region, Cancel);
        }
        else
        {
            trial.Release();
        }
    }
}
