using System.Net.Sockets;
using System.Security.Cryptography;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Processes;

/// <summary>How the process ends: in good order on SIGTERM, at once on a second one, and without damage when it is killed.</summary>
public class ShutdownTests
{
    private const long Mebibyte = 1 << 20;

    // After so many bytes the fetcher notes what is there: what a killed process may lose.
    private const long NoteInterval = 32 * Mebibyte;

    private protected virtual Executable Executable => Executable.Built;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Sigterm_LetsARunningTransferEndWhole()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        var blob = LayerContent.Generate(4 * Mebibyte);
        test.Region.Content.PutBlob("team/app", blob);
        await using var proxy = await test.ServeAsync();
        using var pause = test.Region.Faults.PauseLayers(2 * Mebibyte);
        using var transfer = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
        await pause.ReachedAsync(TestContext.Current.CancellationToken);

        await proxy.TerminateAsync();
        await Polling.UntilAsync("not ready", async () =>
        {
            using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");
            return ready.Status == 503;
        });
        await Polling.UntilAsync("new connections are refused", () => IsRefusedAsync(proxy));
        pause.Release();
        var bytes = await transfer.BytesAsync();
        var code = await proxy.ExitCodeAsync();

        Assert.Equal(blob.Digest, DigestOf(bytes));
        Assert.Equal(0, code);
        Assert.Contains(proxy.Lines, line => line.EndsWith("Stopped", StringComparison.Ordinal));
    }

    [Fact]
    public async Task GraceThatRunsOut_KeepsWhatHasArrivedForTheNextStart()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable, config => config["Listen"]!["ShutdownGrace"] = "100ms");
        using var client = new PullClient();
        var blob = LayerContent.Generate(4 * Mebibyte);
        test.Region.Content.PutBlob("team/app", blob);
        await using var proxy = await test.ServeAsync();
        using (test.Region.Faults.PauseLayers(3 * Mebibyte))
        {
            using var transfer = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
            await ReadAsync(transfer, 3 * Mebibyte);
            await proxy.TerminateAsync();
            Assert.Equal(0, await proxy.ExitCodeAsync());
        }

        await using var again = await test.ServeAsync();
        var bytes = await client.GetBytesAsync($"{again.Url}/v2/team/app/blobs/{blob.Digest}");

        Assert.Equal(blob.Digest, DigestOf(bytes));
        Assert.Equal([null, $"bytes={3 * Mebibyte}-"], RangesOf(test));
    }

    [Fact]
    public async Task SecondSigterm_EndsItAtOnce()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        var blob = LayerContent.Generate(4 * Mebibyte);
        test.Region.Content.PutBlob("team/app", blob);
        await using var proxy = await test.ServeAsync();
        using var pause = test.Region.Faults.PauseLayers(2 * Mebibyte);
        using var transfer = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");

        await proxy.TerminateAsync();
        await Polling.UntilAsync("not ready", async () =>
        {
            using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");
            return ready.Status == 503;
        });
        await proxy.TerminateAsync();
        var code = await proxy.ExitCodeAsync();

        Assert.Equal(128 + 15, code); // as of every process that SIGTERM ends
        await Assert.ThrowsAnyAsync<Exception>(transfer.BytesAsync); // short, and it does not look whole
    }

    [Fact]
    public async Task KilledInTheMiddleOfAFill_GoesOnFromWhatWasNoted()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable, config => config["Cache"]!["FetchConnections"] = 1);
        using var client = new PullClient();
        var blob = LayerContent.Generate(80 * Mebibyte);
        test.Region.Content.PutBlob("team/app", blob);
        await using var proxy = await test.ServeAsync();
        using (test.Region.Faults.PauseLayers(48 * Mebibyte))
        {
            using var transfer = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
            await ReadAsync(transfer, 40 * Mebibyte); // far enough behind the note for it to be written
            await proxy.KillAsync();
        }

        await using var again = await test.ServeAsync();
        var bytes = await client.GetBytesAsync($"{again.Url}/v2/team/app/blobs/{blob.Digest}");

        Assert.Equal(blob.Digest, DigestOf(bytes));
        var ranges = RangesOf(test);
        Assert.Equal(2, ranges.Count);
        Assert.InRange(long.Parse(ranges[1]!["bytes=".Length..^1]), NoteInterval, 48 * Mebibyte);
    }

    [Fact]
    public async Task KilledBeforeAnythingWasNoted_BeginsAgainAndLeavesNothing()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        var blob = LayerContent.Generate(4 * Mebibyte);
        test.Region.Content.PutBlob("team/app", blob);
        await using var proxy = await test.ServeAsync();
        using (test.Region.Faults.PauseLayers(2 * Mebibyte))
        {
            using var transfer = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
            await ReadAsync(transfer, 2 * Mebibyte);
            await proxy.KillAsync();
        }

        await using var again = await test.ServeAsync();
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(test.CacheDirectory, "partial")));
        var bytes = await client.GetBytesAsync($"{again.Url}/v2/team/app/blobs/{blob.Digest}");

        Assert.Equal(blob.Digest, DigestOf(bytes));
        Assert.Equal([null, null], RangesOf(test));
    }

    [Fact]
    public async Task KilledAfterAPull_StillHasIt()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        var image = SampleImage.Build(layerBytes: 1_000_000);
        image.PutInto(test.Region.Content, "team/app", "v1");
        await using var proxy = await test.ServeAsync();
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1", ("Accept", image.IndexMediaType));
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{image.Platforms[0].Digest}");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{image.Platforms[0].Layers[1].Digest}");
        await Polling.UntilAsync("published", () => Task.FromResult(IsPublished(test, image.Platforms[0].Layers[1].Digest)));

        await proxy.KillAsync();
        foreach (var origin in Enum.GetValues<OriginName>())
        {
            await test.Region.Faults.GoDarkAsync(origin);
        }

        await using var again = await test.ServeAsync();
        var index = await client.GetBytesAsync($"{again.Url}/v2/team/app/manifests/v1", ("Accept", image.IndexMediaType));
        var layer = await client.GetBytesAsync($"{again.Url}/v2/team/app/blobs/{image.Platforms[0].Layers[1].Digest}");

        Assert.Equal(image.Index.ToArray(), index);
        Assert.Equal(image.Platforms[0].Layers[1].Digest, DigestOf(layer));
    }

    private static bool IsPublished(ProcessUnderTest test, string digest) =>
        File.Exists(Path.Combine(test.CacheDirectory, "blobs", "sha256", digest["sha256:".Length..][..2], digest["sha256:".Length..]));

    private static List<string?> RangesOf(ProcessUnderTest test) =>
        [.. test.Region.Counters.Log.Where(entry => (entry.Kind & RequestKind.AnyLayer) != 0).Select(entry => entry.Range)];

    private static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static async Task ReadAsync(HttpResponseMessage answer, long bytes)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var body = await answer.Content.ReadAsStreamAsync(cancel);
        await body.ReadExactlyAsync(new byte[bytes], cancel);
    }

    private static async Task<bool> IsRefusedAsync(ProxyProcess proxy)
    {
        using var late = new TcpClient();
        try
        {
            await late.ConnectAsync(proxy.DataAddress, TestContext.Current.CancellationToken);
            return false;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
