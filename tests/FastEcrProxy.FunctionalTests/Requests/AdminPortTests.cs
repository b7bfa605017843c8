using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>The admin port of a whole proxy: what it says while the proxy goes through its states, and what it measures.</summary>
public sealed partial class AdminPortTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    [Fact]
    public async Task WithAToken_IsReadyAndSaysUntilWhen()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1"); // there is a token then

        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");
        var report = await ready.JsonAsync();

        Assert.Equal(200, ready.Status);
        Assert.True(report.GetProperty("ready").GetBoolean());
        Assert.Matches(@"^usable until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", ReasonOf(report, "token", ok: true));
        Assert.StartsWith($"{proxy.CacheDirectory} is writable", ReasonOf(report, "cache", ok: true), StringComparison.Ordinal);
        Assert.Equal("not shutting down", ReasonOf(report, "draining", ok: true));
    }

    [Fact]
    public async Task OpenRegistry_NeedsNoToken()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(
            adjust: settings => settings with { Upstream = settings.Upstream with { Host = null, UsesEcrToken = false } });
        using var client = new PullClient();

        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");

        Assert.Equal(200, ready.Status);
        Assert.Equal("not needed", ReasonOf(await ready.JsonAsync(), "token", ok: true));
        Assert.Equal(0, proxy.Region.Counters.Requests());
    }

    [Fact]
    public async Task DiskThatFails_IsSaidAndPullsGoOn()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var blob = LayerContent.Generate(200_000);
        proxy.Region.Content.PutBlob("team/app", blob);
        var partials = Path.Combine(proxy.CacheDirectory, "partial");
        Directory.Delete(partials);
        await File.WriteAllTextAsync(partials, "a file in the way", TestContext.Current.CancellationToken); // a directory is made anew

        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");

        Assert.Equal(blob.Length, bytes.Length);
        Assert.Equal(200, ready.Status);
        Assert.StartsWith("pulls go on unstored: ", ReasonOf(await ready.JsonAsync(), "cache", ok: false), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Draining_IsSaidWhileTransfersRunAndNewConnectionsAreRefused()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var blob = LayerContent.Generate(3 << 20);
        proxy.Region.Content.PutBlob("team/app", blob);
        using var pause = proxy.Region.Faults.PauseLayers(1 << 20);
        using var transfer = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
        var data = proxy.Proxy.DataAddress;

        var draining = proxy.Proxy.DrainAsync(TestContext.Current.CancellationToken);
        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");
        await Polling.UntilAsync("new connections are refused", async () =>
        {
            using var late = new TcpClient();
            try
            {
                await late.ConnectAsync(data, TestContext.Current.CancellationToken);
                return false;
            }
            catch (SocketException refused)
            {
                return refused.SocketErrorCode == SocketError.ConnectionRefused;
            }
        });
        using var alive = await client.GetAsync($"{proxy.AdminUrl}/livez");
        var drainedEarly = draining.IsCompleted;
        pause.Release();
        var bytes = await transfer.BytesAsync();
        await draining;

        Assert.Equal((503, 200), (ready.Status, alive.Status));
        Assert.Equal("shutting down: send new requests elsewhere", ReasonOf(await ready.JsonAsync(), "draining", ok: false));
        Assert.False(drainedEarly);
        Assert.Equal(blob.Length, bytes.Length);
    }

    [Fact]
    public async Task Metrics_HaveEveryInstrumentOfTheManual()
    {
        await using var rig = await PushRig.StartAsync(settings: static settings => settings with
        {
            Limits = settings.Limits with { UploadBytes = 1000 },
        });
        var proxy = rig.Proxy;
        using var client = new PullClient();
        await rig.Client.PushBlobAsync(PushRig.Repository, PushRig.Bytes(1000));
        using var tooLarge = await rig.Client.FinishAsync(
            await rig.Client.StartAsync(PushRig.Repository), LayerContent.Generate(1001).Digest, PushRig.Bytes(1001));
        var blob = LayerContent.Generate(200_000);
        proxy.Region.Content.PutBlob("team/app", blob);
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
        var manual = await File.ReadAllTextAsync(Path.Combine(Root(), "docs", "operating.md"), TestContext.Current.CancellationToken);
        var promised = Instrument().Matches(manual).Select(match => match.Value).ToHashSet();
        promised.Remove("fastecr_certificate_time_left_seconds"); // there with a certificate only: ServerCertificatesTests

        // Requests, fills and pushes are counted after the client has its last byte, each on its own thread.
        string[] counted = ["fastecr_requests_total", "fastecr_fills_ended_total", "fastecr_pushes_ended_total", "fastecr_limited_total"];
        await Polling.UntilAsync(
            "request, fill and push are counted", async () => counted.All((await ScrapeAsync(client, proxy)).Contains));
        var scraped = await ScrapeAsync(client, proxy);

        Assert.True(promised.Count > 10, $"Only {promised.Count} instruments are in the manual.");
        Assert.All(promised, name => Assert.True(scraped.Contains(name) || scraped.Contains(name + "_count"), name));
        Assert.Contains("kestrel_active_connections", scraped);
    }

    private static async Task<HashSet<string>> ScrapeAsync(PullClient client, ProxyUnderTest proxy) =>
        [.. Encoding.UTF8.GetString(await client.GetBytesAsync($"{proxy.AdminUrl}/metrics"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line[0] != '#')
            .Select(line => line.Split('{', ' ')[0])];

    private static string ReasonOf(JsonElement report, string check, bool ok)
    {
        var found = report.GetProperty("checks").GetProperty(check);
        Assert.Equal(ok, found.GetProperty("ok").GetBoolean());
        return found.GetProperty("reason").GetString()!;
    }

    private static string Root() => typeof(AdminPortTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    [GeneratedRegex("fastecr_[a-z_]+")]
    private static partial Regex Instrument();
}
