using System.Net;
using System.Net.Sockets;
using System.Text;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>Pushes that break in the middle, on either side: who was to blame is told, and nothing half is kept.</summary>
public sealed class BrokenPushTests
{
    private const int Length = 20_000_000; // far more than the sockets in between hold

    private static readonly byte[] Layer = PushRig.Bytes(Length);
    private static readonly string Digest = Pusher.DigestOf(Layer);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("Content-Length: 20000000\r\n\r\n", "")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n", "F4240\r\n")]
    public async Task ClientThatDies_IsNobodysFaultAndLeavesNothing(string headers, string before)
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);
        using (var client = await ConnectAsync(rig.Proxy.Proxy.DataAddress))
        {
            await client.SendAsync(Encoding.ASCII.GetBytes($"PATCH {location} HTTP/1.1\r\nHost: x\r\n{headers}{before}"), Cancel);
            await client.SendAsync(Layer.AsMemory(0, 1_000_000), Cancel);
            await Until.TrueAsync(() => rig.Region.Counters.UploadBytes == 1_000_000);
            client.Close(0); // a reset
        }

        await rig.Proxy.LoggedAsync(" 499 Passed 1000000 bytes in ");
        await Until.TrueAsync(() => rig.Region.Counters.OpenUploadTransfers == 0);
        Assert.Empty(rig.Partials());
        Assert.DoesNotContain(rig.Proxy.Log.Lines, line => line.StartsWith("Warning 5", StringComparison.Ordinal));
        using var whole = await rig.Client.FinishAsync(await rig.Client.StartAsync(PushRig.Repository), Digest, Layer);
        Assert.Equal(201, whole.Status);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatStandsStill_IsBrokenOff()
    {
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Listen = settings.Listen with { StallTimeout = TimeSpan.FromSeconds(1) },
        });
        var location = await rig.Client.StartAsync(PushRig.Repository);
        using var client = await ConnectAsync(rig.Proxy.Proxy.DataAddress);

        var beginning = $"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhello";
        await client.SendAsync(Encoding.ASCII.GetBytes(beginning), Cancel);
        var ended = await EndedAsync(client);

        Assert.Empty(ended); // no answer: a client that comes back to life must not take it for one to its next request
        await rig.Proxy.MeasuredAsync(1, "fastecr_client_stalled_total");
        await rig.Proxy.LoggedAsync(": broken off: The client's body broke off: nothing came for 1 s.");
        Assert.Empty(rig.Partials());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task MalformedChunk_IsTheClientsFault()
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        var answer = await RawExchange.SendAsync(
            rig.Proxy.Proxy.DataAddress,
            $"PATCH {location} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnumber\r\n");

        Assert.Equal((400, "BLOB_UPLOAD_INVALID"), (answer.Status, answer.ErrorCode()));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(0, CutHow.Reset)]
    [InlineData(1_000_000, CutHow.Reset)]
    [InlineData(1_000_000, CutHow.Finish)]
    [InlineData(Length, CutHow.Reset)]
    public async Task RegistryThatDies_IsToldToTheClient(int after, CutHow how)
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);
        rig.Region.Faults.CutUploads(after, how);

        using var patched = await rig.Client.PatchAsync(location, Layer);

        var (status, code, message) = await patched.ErrorAsync();
        Assert.Equal((503, "UNAVAILABLE"), (status, code));
        Assert.Contains("The connection to", message, StringComparison.Ordinal);
        Assert.Equal(1, rig.Region.Counters.Requests(RequestKind.UploadPart)); // and never again
        Assert.Empty(rig.Partials());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RegistryThatTakesNothing_IsGivenUp()
    {
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Upstream = settings.Upstream with { IdleTimeout = TimeSpan.FromSeconds(1) },
        });
        var location = await rig.Client.StartAsync(PushRig.Repository);
        using var pause = rig.Region.Faults.PauseUploads(1_000_000);

        using var patched = await rig.Client.PatchAsync(location, Layer);

        var (status, code, message) = await patched.ErrorAsync();
        Assert.Equal((503, "UNAVAILABLE"), (status, code));
        Assert.Contains("took nothing of what it was sent for 1 s", message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SlowRegistry_HoldsTheClientBackAndIsWaitedFor()
    {
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Upstream = settings.Upstream with { FirstByteTimeout = TimeSpan.FromSeconds(8) },
        });
        var location = await rig.Client.StartAsync(PushRig.Repository);
        using var slow = rig.Region.Faults.LimitUploads(2_000_000); // longer than an answer is waited for

        using var patched = await rig.Client.PatchAsync(location, Layer);

        Assert.Equal(202, patched.Status);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(false, 0, 400)]
    [InlineData(false, 1_000_000, 413)]
    [InlineData(false, 1_000_000, 404)]
    [InlineData(true, 0, 413)]
    [InlineData(true, 1_000_000, 400)]
    public async Task RefusalInTheMiddle_ReachesTheClient(bool chunked, int after, int refusal)
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);
        rig.Region.Faults.RefuseUploads(after, refusal);
        HttpContent body = chunked ? new StreamContent(new OneByOne(Layer)) : new ByteArrayContent(Layer);

        using var patched = await rig.Client.SendAsync(HttpMethod.Patch, location, body);

        Assert.Equal((refusal, "UNKNOWN"), await Pusher.ErrorAsync(patched));
        Assert.Empty(rig.Partials());
        using var whole = await rig.Client.FinishAsync(await rig.Client.StartAsync(PushRig.Repository), Digest, Layer);
        Assert.Equal(201, whole.Status);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RefusalInTheMiddleUnderTls_ReachesTheClient()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var rig = await PushRig.StartAsync(
            ecr: new LocalEcrOptions { Certificate = certificate },
            settings: settings => settings with { Upstream = settings.Upstream with { ExtraCertificates = [certificate] } });
        var location = await rig.Client.StartAsync(PushRig.Repository);
        rig.Region.Faults.RefuseUploads(1_000_000, 413);

        using var refused = await rig.Client.PatchAsync(location, Layer);
        using var whole = await rig.Client.FinishAsync(await rig.Client.StartAsync(PushRig.Repository), Digest, Layer);

        Assert.Equal((413, "UNKNOWN"), await Pusher.ErrorAsync(refused));
        Assert.Equal(201, whole.Status);
        await rig.CachedAsync(Digest);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UnknownUpload_IsRefusedBeforeTheLayerIsThrough()
    {
        await using var rig = await PushRig.StartAsync();

        using var patched = await rig.Client.PatchAsync(
            $"/v2/{PushRig.Repository}/blobs/uploads/00000000-0000-4000-8000-000000000000", Layer);

        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(patched));
        Assert.Equal(0, rig.Region.Counters.UploadBytes);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongDigest_IsRefusedByTheRegistryAndNotKept()
    {
        await using var rig = await PushRig.StartAsync();
        var wrong = Pusher.DigestOf([1, 2, 3]);

        using var finished = await rig.Client.FinishAsync(await rig.Client.StartAsync(PushRig.Repository), wrong, Layer);

        Assert.Equal((400, "BLOB_UPLOAD_INVALID"), await Pusher.ErrorAsync(finished));
        Assert.False(rig.IsCached(wrong));
        Assert.False(rig.IsCached(Digest));
        Assert.Empty(rig.Partials());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ExpiredToken_IsReplacedBeforeTheBodyBegins()
    {
        await using var rig = await PushRig.StartAsync();
        using var elsewhere = new Pusher(rig.Region);
        var location = new Uri(await elsewhere.StartAsync(PushRig.Repository)).AbsolutePath;
        await rig.Proxy.LoggedAsync(" refreshed, good until ");
        rig.Region.Faults.ExpireAllTokens();

        using var patched = await rig.Client.PatchAsync(location, Layer);

        Assert.Equal(202, patched.Status);
        Assert.Equal(1, rig.Region.Counters.Requests(RequestKind.UploadPart));
        Assert.Equal(2, rig.Region.Counters.Requests(RequestKind.Ping)); // refused, and with the new token
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenRefusedInTheMiddle_IsReplacedForTheNextTry()
    {
        await using var rig = await PushRig.StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);
        rig.Region.Faults.ExpireAllTokens(); // a moment ago the registry took it: nobody can know

        using var refused = await rig.Client.PatchAsync(location, Layer);
        using var patched = await rig.Client.PatchAsync(location, Layer);

        Assert.Equal((503, "UNAVAILABLE"), await Pusher.ErrorAsync(refused));
        Assert.Equal(202, patched.Status);
        Assert.Equal(2, rig.Region.Counters.Requests(RequestKind.UploadPart));
        Assert.Equal(1, rig.Region.Counters.Requests(RequestKind.Ping)); // with the new token, before its first body
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint to)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(to, Cancel);
        return socket;
    }

    /// <summary>What came until the connection ended, in good order or not.</summary>
    private static async Task<string> EndedAsync(Socket socket)
    {
        var came = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancel) is > 0 and var count)
            {
                came.Append(Encoding.ASCII.GetString(buffer, 0, count));
            }
        }
        catch (SocketException)
        {
            // a reset is an end, too
        }

        return came.ToString();
    }

    /// <summary>A layer of which nobody says beforehand how long it is.</summary>
    private sealed class OneByOne(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
