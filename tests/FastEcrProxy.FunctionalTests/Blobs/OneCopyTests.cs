using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>However many ask for a layer, from whatever repository: it comes from upstream once, and to those who may have it.</summary>
public sealed class OneCopyTests
{
    private const int MiB = 1 << 20;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HundredClientsOnOneColdLayer_OneCopyFromUpstream()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Random(14 * MiB).PutInto(proxy, "team/app", "other/app"); // too small for a second connection
        proxy.Region.Content.PutBlob("stranger/app", new byte[] { 1 });
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 2 * MiB);

        var whole = Enumerable.Range(0, 80).Select(_ => client.GetAsync(layer.Url(proxy))).ToList();
        var answers = await Task.WhenAll(whole); // each has its head, so each has joined
        var elsewhere = Enumerable.Range(0, 10).Select(_ => Pull.RunAsync(client, layer.Url(proxy, "other/app"))).ToList();
        var ranged = Enumerable.Range(0, 9).Select(i => PullRangeAsync(client, layer, layer.Url(proxy), i * MiB)).ToList();
        var stranger = await Pull.RunAsync(client, layer.Url(proxy, "stranger/app"));
        pause.Release();
        await Task.WhenAll(answers.Select(answer => Task.Run(() => AssertExactAsync(answer, layer))));

        Assert.All(await Task.WhenAll(elsewhere), pull => pull.AssertWhole(layer));
        await Task.WhenAll(ranged);
        stranger.AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        Assert.Equal(1, proxy.Region.Counters.LayerGets(layer.Digest));
        Assert.Equal(layer.Bytes.Length, proxy.Region.Counters.LayerBytes(layer.Digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RepositoryWithoutTheBlob_GetsNothingOfTheCachedOne()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        proxy.Region.Content.PutBlob("stranger/app", new byte[] { 1 });
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);

        var whole = await Pull.RunAsync(client, layer.Url(proxy, "stranger/app"));
        var ranged = await Pull.RunAsync(client, layer.Url(proxy, "stranger/app"), ("Range", "bytes=0-9"));
        using var head = await client.SendAsync(HttpMethod.Head, layer.Url(proxy, "stranger/app"));

        whole.AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        ranged.AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RepositoryWithoutTheBlob_GetsNothingOfAKeptPartial()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: Quickly.Stopping);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        proxy.Region.Content.PutBlob("stranger/app", new byte[] { 1 });
        await Interrupted.RestartAsync(proxy, client, layer, 4 * MiB);
        proxy.Region.Counters.Reset();

        var stranger = await Pull.RunAsync(client, layer.Url(proxy, "stranger/app"));
        var again = await Pull.RunAsync(client, layer.Url(proxy, "stranger/app"));
        var owner = await Pull.RunAsync(client, layer.Url(proxy));

        stranger.AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        again.AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        owner.AssertWhole(layer);
        Interrupted.AssertOnlyTheRestWasAsked(proxy, layer, 3 * MiB); // the stranger's question has not cost the partial
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SameDigestInTwoRepositories_OneFileAndOneDownload()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Random(3 * MiB).PutInto(proxy, "team/amd64", "team/arm64");

        var first = await Pull.RunAsync(client, layer.Url(proxy, "team/amd64"));
        var second = await Pull.RunAsync(client, layer.Url(proxy, "team/arm64"));

        first.AssertWhole(layer);
        second.AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));
        Assert.Single(Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "blobs"), "*", SearchOption.AllDirectories));
        Assert.Equal(1, proxy.Region.Counters.LayerGets());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FillStartedByARepositoryWithoutTheBlob_DoesNotFailTheOneThatHasIt()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        proxy.Region.Content.PutBlob("stranger/app", new byte[] { 1 });
        using var hang = proxy.Region.Faults.Hang(RequestKind.GetBlob, times: 1);

        var stranger = Pull.RunAsync(client, layer.Url(proxy, "stranger/app"));
        await hang.ReachedAsync(TestContext.Current.CancellationToken);
        var owner = Pull.RunAsync(client, layer.Url(proxy));
        hang.Release();

        (await stranger).AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");
        (await owner).AssertWhole(layer);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Requests_AreCountedByWhereTheirBytesCameFrom()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: MiB);

        using var miss = await client.GetAsync(layer.Url(proxy));
        using var joined = await client.GetAsync(layer.Url(proxy));
        pause.Release();
        await Pull.ReadAsync(miss);
        await Pull.ReadAsync(joined);
        await Until.TrueAsync(() => layer.IsStored(proxy));
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);

        foreach (var outcome in (string[])["miss", "joined", "hit"])
        {
            await proxy.MeasuredAsync(1, "fastecr_requests_total", "kind=\"blob\"", $"outcome=\"{outcome}\"", "status=\"200\"");
            await proxy.MeasuredAsync(layer.Bytes.Length, "fastecr_client_sent_bytes_total", $"outcome=\"{outcome}\"");
        }

        await proxy.MeasuredAsync(layer.Bytes.Length, "fastecr_upstream_received_bytes_total");
        await proxy.MeasuredAsync(1, "fastecr_fills_ended_total", "end=\"published\"");
        await proxy.MeasuredAsync(0, "fastecr_fills_active");
        await proxy.MeasuredAsync(1, "fastecr_cache_blobs");
        await proxy.MeasuredAsync(layer.Bytes.Length, "fastecr_cache_size_bytes");
    }

    /// <summary>Compared as it comes: eighty bodies are too much to hold.</summary>
    private static async Task AssertExactAsync(HttpResponseMessage answer, TestLayer layer)
    {
        using (answer)
        {
            for (var offset = 0; offset < layer.Bytes.Length; offset += MiB)
            {
                var piece = await Pull.ReadAsync(answer, MiB);
                Assert.True(layer.Bytes.AsSpan(offset, MiB).SequenceEqual(piece), $"wrong bytes behind {offset}");
            }

            Assert.Empty((await Pull.ReadAsync(answer)).Bytes);
        }
    }

    private static async Task PullRangeAsync(PullClient client, TestLayer layer, string url, int first)
    {
        var last = first + MiB - 1;
        var pull = await Pull.RunAsync(client, url, ("Range", $"bytes={first}-{last}"));

        Assert.Equal(HttpStatusCode.PartialContent, pull.Status);
        Assert.True(layer.Bytes.AsSpan(first, MiB).SequenceEqual(pull.Bytes));
    }
}
