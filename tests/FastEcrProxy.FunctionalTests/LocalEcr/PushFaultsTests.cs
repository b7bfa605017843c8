using System.Net.Sockets;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class PushFaultsTests : IAsyncLifetime
{
    private const string Repository = "demo/pushed";
    private const int Length = 3_000_000;

    private readonly byte[] _bytes = new byte[Length];
    private LocalEcrServer _server = null!;
    private Pusher _pusher = null!;

    private LocalRegion Region => _server.Main;

    private string Digest => Pusher.DigestOf(_bytes);

    public async ValueTask InitializeAsync()
    {
        new Random(1).NextBytes(_bytes);
        _server = await LocalEcrServer.StartAsync(cancel: EcrAsker.Cancel);
        _pusher = new Pusher(Region);
        Region.Content.CreateRepository(Repository);
    }

    public async ValueTask DisposeAsync()
    {
        _pusher.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(0, CutHow.Reset)]
    [InlineData(1_000_001, CutHow.Reset)]
    [InlineData(1_000_001, CutHow.Finish)]
    [InlineData(Length, CutHow.Reset)]
    public async Task CutBody_HasBeenTakenInUpToThere_AndTheUploadGoesOn(int after, CutHow how)
    {
        var location = await _pusher.StartAsync(Repository);
        Region.Faults.CutUploads(after, how);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _pusher.PatchAsync(location, _bytes));
        Assert.Equal(after, Region.Counters.UploadBytes);
        using var rest = await _pusher.PatchAsync(location, _bytes[after..], after);
        using var finished = await _pusher.FinishAsync(location, Digest);

        Assert.Equal(201, (int)finished.StatusCode);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PausedBody_IsNotTakenInUntilReleased()
    {
        var pause = Region.Faults.PauseUploads(1_000_000);

        var pushing = _pusher.PushBlobAsync(Repository, _bytes);
        await pause.ReachedAsync(EcrAsker.Cancel);

        Assert.Equal((1_000_000, 1), (Region.Counters.UploadBytes, Region.Counters.OpenUploadTransfers));
        Assert.False(pushing.IsCompleted);
        pause.Release();
        Assert.Equal(Digest, await pushing);
        Assert.Equal((Length, 1), (Region.Counters.UploadBytes, Region.Counters.MaxOpenUploadTransfers));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HangingUpload_IsAnsweredWhenReleased()
    {
        var hang = Region.Faults.Hang(RequestKind.FinishUpload);

        var pushing = _pusher.PushBlobAsync(Repository, _bytes);
        await hang.ReachedAsync(EcrAsker.Cancel);

        Assert.Equal(0, Region.Counters.UploadBytes);
        hang.Release();
        await pushing;
    }

    [Fact]
    public async Task SlowRegistry_TakesItsTime()
    {
        Region.Faults.LimitUploads(bytesPerSecond: 10_000_000);
        var start = TimeProvider.System.GetTimestamp();

        await _pusher.PushBlobAsync(Repository, _bytes);

        Assert.True(TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task RefusalInTheMiddle_IsAnsweredBeforeTheRestHasCome()
    {
        var location = await _pusher.StartAsync(Repository);
        Region.Faults.RefuseUploads(1000, 503, kinds: RequestKind.UploadPart);

        using var refused = await _pusher.PatchAsync(location, _bytes[..5000]);

        Assert.Equal(503, (int)refused.StatusCode);
        Assert.Equal(1000, Region.Counters.UploadBytes);
    }

    [Fact]
    public async Task OrderedStatus_IsAnsweredForOneKindOnly()
    {
        Region.Faults.Answer(RequestKind.StartUpload, 429, retryAfter: TimeSpan.FromSeconds(2));

        using var throttled = await _pusher.SendAsync(HttpMethod.Post, $"/v2/{Repository}/blobs/uploads/");
        await _pusher.PushBlobAsync(Repository, _bytes);

        Assert.Equal((429, "TOOMANYREQUESTS"), await Pusher.ErrorAsync(throttled));
        var counted = Region.Counters.Snapshot().Requests;
        Assert.Equal((2, 1, 0), (counted[RequestKind.StartUpload], counted[RequestKind.FinishUpload], counted[RequestKind.UploadPart]));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LostAnswer_LeavesTheWorkDone()
    {
        var lost = Region.Faults.LoseAnswers(RequestKind.FinishUpload);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => _pusher.PushBlobAsync(Repository, _bytes));
        await lost.ReachedAsync(EcrAsker.Cancel);
        using var head = await _pusher.SendAsync(HttpMethod.Head, $"/v2/{Repository}/blobs/{Digest}");

        Assert.Equal((200, Length), ((int)head.StatusCode, head.Content.Headers.ContentLength));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatLeavesInTheMiddle_LeavesAnUploadThatGoesOn()
    {
        var location = new Uri(await _pusher.StartAsync(Repository));
        var sent = Region.Faults.PauseUploads(1000, times: 1);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(location.Host, location.Port, EcrAsker.Cancel);
            var head = $"PATCH {location.PathAndQuery} HTTP/1.1\r\nHost: {location.Authority}\r\nContent-Length: {Length}\r\n"
                + $"Authorization: Basic {Region.MintToken().Authorization}\r\n\r\n";
            await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(head), EcrAsker.Cancel);
            await client.GetStream().WriteAsync(_bytes.AsMemory(0, 1000), EcrAsker.Cancel);
            await sent.ReachedAsync(EcrAsker.Cancel);
        }

        sent.Release();
        using var rest = await _pusher.PatchAsync(location.OriginalString, _bytes[1000..], 1000);
        using var finished = await _pusher.FinishAsync(location.OriginalString, Digest);

        Assert.Equal((201, 201), ((int)rest.StatusCode, (int)finished.StatusCode));
    }

    [Fact]
    public async Task NoIamPermission_NamesTheActionOfThePush()
    {
        Region.Faults.DenyIam(RequestKind.AnyPush);

        using var refused = await _pusher.SendAsync(HttpMethod.Post, $"/v2/{Repository}/blobs/uploads/");

        Assert.Equal((403, "DENIED"), await Pusher.ErrorAsync(refused));
        Assert.Contains("ecr:InitiateLayerUpload", await refused.Content.ReadAsStringAsync(EcrAsker.Cancel), StringComparison.Ordinal);
    }
}
