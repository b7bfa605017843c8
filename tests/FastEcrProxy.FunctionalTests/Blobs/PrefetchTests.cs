using System.Net;
using FastEcrProxy.Cache;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Layers that are fetched before a client asks for them: what it gains, and what a wrong guess costs.</summary>
public sealed class PrefetchTests
{
    private const int MiB = 1 << 20;

    // A second connection is worth nothing to less than two segments, however slow the machine makes the first.
    private const int OneConnectionsBytes = (int)FillPlan.SegmentBytes + (6 * MiB);

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayersOfAPulledManifest_AreThereBeforeTheyAreAskedFor()
    {
        await using var proxy = await StartAsync(places: 4);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, 3 * MiB, MiB]);

        await client.GetBytesAsync(image.ManifestUrl(proxy));
        await Until.TrueAsync(() => image.Blobs.All(blob => blob.IsStored(proxy)));
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);
        foreach (var blob in image.Blobs)
        {
            (await Pull.RunAsync(client, blob.Url(proxy))).AssertWhole(blob);
            Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest));
        }

        await proxy.MeasuredAsync(3, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"hit\"");
        await AssertCountedAsync(proxy, started: 3, used: 3);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientsOwnRequest_JoinsTheDownloadThatRuns()
    {
        await using var proxy = await StartAsync(places: 4);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, 6 * MiB]);
        var layer = image.Blobs[1];
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 2 * MiB, digest: layer.Digest);

        await client.GetBytesAsync(image.ManifestUrl(proxy));
        await pause.ReachedAsync(TestContext.Current.CancellationToken);
        using var answer = await client.GetAsync(layer.Url(proxy));
        var begun = await Pull.ReadAsync(answer, MiB);
        pause.Release();
        var (rest, isWhole) = await Pull.ReadAsync(answer);

        Assert.True(isWhole);
        Assert.True(layer.Bytes.AsSpan().SequenceEqual([.. begun, .. rest]));
        await proxy.MeasuredAsync(1, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"joined\"");
        Assert.Equal(1, proxy.Region.Counters.LayerGets(layer.Digest));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.HeadBlob)); // that the repository has it is known
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WholePullInOrder_FetchesEachBlobOnceAndNearlyAllAhead()
    {
        await using var proxy = await StartAsync(places: 2);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [.. Enumerable.Repeat(100_000, 12)]);

        await client.GetBytesAsync(image.ManifestUrl(proxy));
        foreach (var blob in image.Blobs)
        {
            (await Pull.RunAsync(client, blob.Url(proxy))).AssertWhole(blob);
        }

        Assert.All(image.Blobs, blob => Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest)));
        var started = await proxy.MetricAsync("fastecr_prefetch_started_total");
        Assert.InRange(started, 1, image.Blobs.Count); // the client may come first
        await AssertCountedAsync(proxy, started: (int)started, used: (int)started);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatWantsTheManifestOnly_CostsTheReadAheadOfAFewLayersAtMost()
    {
        const int ReadAhead = 2 * MiB;
        const int Slack = 2 * MiB; // what is on its way when the fill ends
        await using var proxy = await StartAsync(places: 2, readAhead: ReadAhead);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [.. Enumerable.Repeat(OneConnectionsBytes, 4)]);
        using var slow = proxy.Region.Faults.LimitLayers(200L * MiB); // or the stand-in's buffers would take all of it at once

        await client.GetBytesAsync(image.ManifestUrl(proxy));
        await proxy.MeasuredAsync(2, "fastecr_fills_ended_total", "end=\"kept\"");
        await client.GetBytesAsync(image.ManifestUrl(proxy));

        Assert.InRange(await proxy.MetricAsync("fastecr_upstream_received_bytes_total"), 2 * ReadAhead, 2 * (ReadAhead + Slack));
        Assert.Equal([1L, 1L, 0L, 0L], image.Blobs.Select(blob => proxy.Region.Counters.LayerGets(blob.Digest)));
        await AssertCountedAsync(proxy, started: 2, used: 0);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatComesLate_GoesOnWithWhatWasFetchedAhead()
    {
        await using var proxy = await StartAsync(places: 1, readAhead: 2 * MiB);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [OneConnectionsBytes]);
        using (proxy.Region.Faults.LimitLayers(200L * MiB))
        {
            await client.GetBytesAsync(image.ManifestUrl(proxy));
            await proxy.MeasuredAsync(1, "fastecr_fills_ended_total", "end=\"kept\"");
        }

        proxy.Region.Counters.Reset();
        (await Pull.RunAsync(client, image.Blobs[0].Url(proxy))).AssertWhole(image.Blobs[0]);

        Assert.All(
            proxy.Region.Counters.Log.Where(entry => entry.Origin == OriginName.Layers),
            entry => Assert.DoesNotMatch("^bytes=0-", entry.Range ?? "bytes=0-"));
        await AssertCountedAsync(proxy, started: 1, used: 1);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManyManifestsAtOnce_FetchNoMoreThanAFewLayersAheadAtATime()
    {
        await using var proxy = await StartAsync(places: 3);
        using var client = new PullClient();
        var images = Enumerable.Range(0, 12).Select(n => TestImage.Upstream(proxy, [MiB + n, MiB + n], tag: $"v{n}")).ToList();
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: MiB / 2);

        await Task.WhenAll(images.Select(image => client.GetBytesAsync(image.ManifestUrl(proxy))));
        await pause.ReachedAsync(3, TestContext.Current.CancellationToken);
        Assert.Equal(3, await proxy.MetricAsync("fastecr_prefetch_started_total"));
        Assert.Equal(3, proxy.Region.Counters.MaxOpenLayerTransfers);
        pause.Release();

        await Until.TrueAsync(() => images.All(image => image.Blobs.All(blob => blob.IsStored(proxy))));

        // The next one begins when the proxy has the last byte; of the one before the stand-in may not know yet that it is over.
        Assert.InRange(proxy.Region.Counters.MaxOpenLayerTransfers, 3, 2 * 3);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Herd_StartsNothingTwice()
    {
        await using var proxy = await StartAsync(places: 4);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, MiB, MiB]);

        await Task.WhenAll(Enumerable.Range(0, 30).Select(async _ =>
        {
            await client.GetBytesAsync(image.ManifestUrl(proxy));
            foreach (var blob in image.Blobs)
            {
                (await Pull.RunAsync(client, blob.Url(proxy))).AssertWhole(blob);
            }
        }));

        Assert.All(image.Blobs, blob => Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HeadOfAManifest_FetchesNothing()
    {
        await using var proxy = await StartAsync(places: 4);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, 3000]);
        var other = TestImage.Upstream(proxy, [4000], tag: "other");

        using var head = await client.SendAsync(HttpMethod.Head, image.ManifestUrl(proxy));
        await client.GetBytesAsync(other.ManifestUrl(proxy));
        await Until.TrueAsync(() => other.Blobs[0].IsStored(proxy));

        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.All(image.Blobs, blob => Assert.Equal(0, proxy.Region.Counters.LayerGets(blob.Digest)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UpstreamThatFails_IsNobodysBadNewsUntilSomebodyAsks()
    {
        await using var proxy = await StartAsync(places: 4);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, MiB]);
        using (proxy.Region.Faults.Answer(RequestKind.GetBlob, 500, Faults.Always))
        {
            await client.GetBytesAsync(image.ManifestUrl(proxy));
            await proxy.MeasuredAsync(2, "fastecr_prefetch_failed_total");
        }

        foreach (var blob in image.Blobs)
        {
            (await Pull.RunAsync(client, blob.Url(proxy))).AssertWhole(blob);
        }

        Assert.DoesNotContain(proxy.Log.Lines, static line => line.Contains("could not be fetched whole", StringComparison.Ordinal)
            && line.StartsWith("Warning", StringComparison.Ordinal));
        await AssertCountedAsync(proxy, started: 2, used: 0, failed: 2);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongBytes_AreThrownAwayAsAlways()
    {
        await using var proxy = await StartAsync(places: 1);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [MiB]);
        using (proxy.Region.Faults.CorruptLayers(1000, Faults.Always))
        {
            await client.GetBytesAsync(image.ManifestUrl(proxy));
            await proxy.MeasuredAsync(1, "fastecr_prefetch_failed_total");
            await proxy.MeasuredAsync(0, "fastecr_fills_active");
            Assert.False(image.Blobs[0].IsStored(proxy));
        }

        (await Pull.RunAsync(client, image.Blobs[0].Url(proxy))).AssertWhole(image.Blobs[0]);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Offline_NothingIsFetchedAheadAndWhatIsThereIsServed()
    {
        await using var proxy = await StartAsync(places: 4);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, MiB]);
        await client.GetBytesAsync(image.ManifestUrl(proxy));
        await Until.TrueAsync(() => image.Blobs.All(blob => blob.IsStored(proxy)));
        File.Delete(image.Blobs[1].FileIn(proxy.CacheDirectory));
        await proxy.StopAsync();
        await proxy.StartAgainAsync(); // what it remembers of manifests and guesses is gone
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);

        using var stale = await client.GetAsync(image.ManifestUrl(proxy));
        (await Pull.RunAsync(client, image.Blobs[0].Url(proxy))).AssertWhole(image.Blobs[0]);

        Assert.Equal("110 - \"Response is Stale\"", stale.Headers.GetValues("Warning").Single());
        await AssertCountedAsync(proxy, started: 0, used: 0);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task CacheThatIsTooSmallForTheImage_ServesItAllTheSame()
    {
        await using var proxy = await StartAsync(places: 4, size: 5 * MiB);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [2000, 3 * MiB, 3 * MiB, 3 * MiB, 9 * MiB]);

        for (var pull = 0; pull < 2; pull++)
        {
            await client.GetBytesAsync(image.ManifestUrl(proxy));
            foreach (var blob in image.Blobs)
            {
                (await Pull.RunAsync(client, blob.Url(proxy))).AssertWhole(blob);
            }
        }

        Assert.InRange(await proxy.MetricAsync("fastecr_cache_size_bytes"), 0, 5 * MiB);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ProxyThatStops_KeepsWhatWasFetchedAheadAndBeginsNothing()
    {
        await using var proxy = await StartAsync(places: 1);
        using var client = new PullClient();
        var image = TestImage.Upstream(proxy, [4 * MiB, MiB]);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 2 * MiB);
        await client.GetBytesAsync(image.ManifestUrl(proxy));
        await pause.ReachedAsync(TestContext.Current.CancellationToken);

        await proxy.StopAsync();
        pause.Release();
        await proxy.StartAgainAsync();
        (await Pull.RunAsync(client, image.Blobs[0].Url(proxy))).AssertWhole(image.Blobs[0]);

        Assert.Equal(0, proxy.Region.Counters.LayerGets(image.Blobs[1].Digest));
    }

    private static Task<ProxyUnderTest> StartAsync(int places, long? readAhead = null, long? size = null) => ProxyUnderTest.StartAsync(
        adjust: settings => settings with
        {
            Cache = settings.Cache with
            {
                Prefetch = places,
                ReadAheadBytes = readAhead ?? settings.Cache.ReadAheadBytes,
                SizeBytes = size ?? settings.Cache.SizeBytes,
            },
        });

    private static async Task AssertCountedAsync(ProxyUnderTest proxy, int started, int used, int failed = 0)
    {
        await proxy.MeasuredAsync(started, "fastecr_prefetch_started_total");
        await proxy.MeasuredAsync(used, "fastecr_prefetch_used_total");
        await proxy.MeasuredAsync(failed, "fastecr_prefetch_failed_total");
        await proxy.MeasuredAsync(0, "fastecr_prefetch_wasted_total");
    }
}
