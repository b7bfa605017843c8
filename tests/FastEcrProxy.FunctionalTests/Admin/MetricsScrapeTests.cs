using System.Net;
using FastEcrProxy.Observability;

namespace FastEcrProxy.FunctionalTests.Admin;

public sealed class MetricsScrapeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_AreScrapedUnderTheNamesThatDashboardsUse()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);
        MeasureEverything(admin.Metrics);

        var (status, type, body) = await admin.GetAsync("/metrics", Cancel);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("text/plain", type);
        Assert.Equal(
            [
                "fastecr_cache_blobs 3",
                "fastecr_cache_evicted_bytes_total 4096",
                "fastecr_cache_evictions_total 2",
                "fastecr_cache_size_bytes 12345",
                "fastecr_client_blocked_total 0",
                "fastecr_client_certificates_refused_total 0",
                "fastecr_client_denied_total 0",
                "fastecr_client_received_bytes_total 3000",
                "fastecr_client_refused_total 0",
                "fastecr_client_sent_bytes_total{outcome=\"hit\"} 1000",
                "fastecr_client_stalled_total 1",
                "fastecr_digest_mismatches_total 1",
                "fastecr_fills_active 1",
                "fastecr_fills_added_connections 5",
                "fastecr_fills_buffers_bytes 65536",
                "fastecr_fills_ended_total{end=\"published\"} 1",
                "fastecr_prefetch_failed_total 0",
                "fastecr_prefetch_started_total 1",
                "fastecr_prefetch_used_total 1",
                "fastecr_prefetch_wasted_total 0",
                "fastecr_pushes_ended_total{end=\"published\"} 1",
                "fastecr_request_duration_seconds_count{kind=\"blob\",outcome=\"hit\"} 1",
                "fastecr_request_duration_seconds_sum{kind=\"blob\",outcome=\"hit\"} 0.25",
                "fastecr_requests_total{kind=\"blob\",outcome=\"hit\",status=\"200\"} 1",
                "fastecr_token_time_left_seconds 43200",
                "fastecr_upstream_duration_seconds_count{peer=\"registry\",status=\"4xx\"} 1",
                "fastecr_upstream_duration_seconds_sum{peer=\"registry\",status=\"4xx\"} 0.5",
                "fastecr_upstream_failovers_total 0",
                "fastecr_upstream_lags_total 0",
                "fastecr_upstream_outages_total 0",
                "fastecr_upstream_received_bytes_total 2000",
                "fastecr_upstream_resumes_total 1",
            ],
            Samples(body).Where(line => !line.Contains("_bucket", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Histograms_HaveTheBucketsOfTheProxy()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);
        MeasureEverything(admin.Metrics);

        var (_, _, body) = await admin.GetAsync("/metrics", Cancel);

        Assert.Contains(
            "fastecr_request_duration_seconds_bucket{kind=\"blob\",le=\"0.25\",outcome=\"hit\"} 1", Samples(body));
        Assert.Contains(
            "fastecr_request_duration_seconds_bucket{kind=\"blob\",le=\"300\",outcome=\"hit\"} 1", Samples(body));
        Assert.Contains(
            "fastecr_upstream_duration_seconds_bucket{le=\"30\",peer=\"registry\",status=\"4xx\"} 1", Samples(body));
    }

    [Theory]
    [InlineData("kestrel_active_connections")]
    [InlineData("http_client_open_connections")]
    [InlineData("dotnet_gc_collections_total")]
    public async Task FrameworksOwnMetrics_AreThereToo(string name)
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        var (_, _, body) = await admin.GetAsync("/metrics", Cancel);

        Assert.Contains($"# TYPE {name} ", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherProxyInTheProcess_IsNotInTheMetrics()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);
        await using var other = await AdminPort.StartAsync(token: true, Cancel);
        admin.Metrics.DigestMismatch();
        other.Metrics.RequestEnded(RequestKind.Tags, 200, CacheOutcome.Passed, 1, TimeSpan.Zero);

        var (_, _, body) = await admin.GetAsync("/metrics", Cancel);

        Assert.Contains("fastecr_digest_mismatches_total 1", Samples(body));
        Assert.DoesNotContain("kind=\"tags\"", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AddressesOfPeers_MakeNoSeries()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);
        await admin.GetAsync("/livez", Cancel);

        var (_, _, body) = await admin.GetAsync("/metrics", Cancel);

        Assert.Contains("http_client_open_connections{", body, StringComparison.Ordinal);
        Assert.DoesNotContain("network_peer_address", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Target_IsNamedWithItsVersion()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        var (_, _, body) = await admin.GetAsync("/metrics", Cancel);

        var target = body.Split('\n').Single(line => line.StartsWith("target_info{", StringComparison.Ordinal));
        Assert.Contains("service_name=\"fast-ecr-proxy\"", target, StringComparison.Ordinal);
        Assert.Matches("service_version=\"\\d+\\.\\d+\\.\\d+\"", target);
    }

    private static void MeasureEverything(ProxyMetrics metrics)
    {
        metrics.ObserveCache(() => 12345, () => 3);
        metrics.ObserveFetches(() => 5, () => 65536);
        metrics.ObserveToken(() => 43_200);
        metrics.RequestEnded(RequestKind.Blob, 200, CacheOutcome.Hit, 1000, TimeSpan.FromMilliseconds(250));
        metrics.FillStarted();
        metrics.FillStarted();
        metrics.FillEnded(FillEnd.Published);
        metrics.PushEnded(FillEnd.Published);
        metrics.ClientBytes(3000);
        metrics.UpstreamBytes(2000);
        metrics.Resumed();
        metrics.DigestMismatch();
        metrics.Evicted(2, 4096);
        metrics.ClientStalled();
        metrics.PrefetchStarted();
        metrics.PrefetchUsed();
        metrics.UpstreamAnswered(UpstreamPeer.Registry, 404, TimeSpan.FromMilliseconds(500));
    }

    /// <summary>Our samples, in order, without the exporter's own labels and time stamps, labels sorted.</summary>
    private static List<string> Samples(string body) =>
    [
        .. body.Split('\n')
            .Where(line => line.StartsWith("fastecr_", StringComparison.Ordinal))
            .Select(Normal)
            .Order(StringComparer.Ordinal),
    ];

    private static string Normal(string line)
    {
        var labelsEnd = line.LastIndexOf('}');
        var name = line[..line.IndexOfAny(['{', ' '])];
        var labels = labelsEnd < 0 ? "" : line[(name.Length + 1)..labelsEnd];
        var value = line[(labelsEnd < 0 ? name.Length : labelsEnd + 1)..].Trim().Split(' ')[0];
        var ours = labels.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Where(label => !label.StartsWith("otel_", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();
        return ours.Count == 0 ? $"{name} {value}" : $"{name}{{{string.Join(',', ours)}}} {value}";
    }
}
