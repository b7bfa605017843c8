using System.Net.Sockets;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistryExchangeTests : IDisposable
{
    private const string Throttled = """{"errors":[{"code":"TOOMANYREQUESTS","message":"Rate exceeded"}]}""";

    private readonly StubbedRegistry _stubbed = new();

    public void Dispose() => _stubbed.Dispose();

    [Theory]
    [InlineData(429, Throttled)]
    [InlineData(400, """{"__type":"ThrottlingException","message":"Rate exceeded"}""")]
    [InlineData(500, "")]
    [InlineData(503, "")]
    public async Task PassingTrouble_IsGoneAtTheSecondTry(int status, string body)
    {
        _stubbed.Registry.Answers(() => Answers.Of(status, body)).Answers(() => Answers.Of(200));

        Assert.Null(await PingAsync());
        Assert.Equal(2, _stubbed.Registry.Asked.Count);
    }

    [Theory]
    [InlineData(429, Throttled, "Throttled")]
    [InlineData(503, Throttled, "Throttled")]
    [InlineData(500, "", "Unreachable")]
    public async Task LastingTrouble_IsReportedAfterTwoTries(int status, string body, string error)
    {
        _stubbed.Registry.Answers(() => Answers.Of(status, body), times: 2);

        Assert.Equal(Enum.Parse<FetchError>(error), (await PingAsync())!.Error);
        Assert.Equal(2, _stubbed.Registry.Asked.Count);
    }

    [Fact]
    public async Task RetryAfter_IsWaitedFor()
    {
        _stubbed.Registry.Answers(() => Answers.Of(429, Throttled).With("Retry-After", "1")).Answers(() => Answers.Of(200));
        var start = _stubbed.Time.GetTimestamp();

        Assert.Null(await PingAsync());
        Assert.True(_stubbed.Time.GetElapsedTime(start) >= TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task LongRetryAfter_IsPassedOnAtOnce()
    {
        _stubbed.Registry.Answers(() => Answers.Of(429, Throttled).With("Retry-After", "30"));

        var failure = await _stubbed.Client.PingAsync(TestContext.Current.CancellationToken);

        Assert.Equal((FetchError.Throttled, TimeSpan.FromSeconds(30)), (failure!.Error, failure.RetryAfter));
        Assert.Equal("TOOMANYREQUESTS", failure.Code);
    }

    [Fact]
    public async Task RefusedConnection_IsReportedAtOnce()
    {
        _stubbed.Registry.Fails(new HttpRequestException(
            HttpRequestError.ConnectionError, "", new SocketException((int)SocketError.ConnectionRefused)));

        var failure = await _stubbed.Client.PingAsync(TestContext.Current.CancellationToken);

        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Contains("registry.example refuses connections", failure.Reason, StringComparison.Ordinal);
        Assert.Equal([5001], _stubbed.Log.Ids);
        Assert.Equal(["fastecr.upstream.duration{peer=registry,status=none} 0"], _stubbed.Measured.Recorded());
    }

    [Fact]
    public async Task SilentRegistry_IsReportedAfterTheFirstByteTimeOut()
    {
        _stubbed.Registry.Hangs();
        var asking = _stubbed.Client.PingAsync(TestContext.Current.CancellationToken).AsTask();
        _stubbed.Time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(asking.IsCompleted);

        _stubbed.Time.Advance(TimeSpan.FromSeconds(1));

        var failure = await asking;
        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Contains("registry.example did not answer within 20 s", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BrokenConnection_IsTriedOnceMore()
    {
        var broken = new HttpRequestException(HttpRequestError.ResponseEnded);
        _stubbed.Registry.Fails(broken).Answers(() => Answers.Of(200)).Fails(broken).Fails(broken);

        Assert.Null(await PingAsync());
        Assert.Equal(FetchError.Unreachable, (await PingAsync())!.Error);
    }

    [Fact]
    public async Task CallerWhoLeaves_IsNobodysFault()
    {
        using var leave = new CancellationTokenSource();
        _stubbed.Registry.Hangs();
        var asking = _stubbed.Client.PingAsync(leave.Token).AsTask();

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        Assert.Empty(_stubbed.Log.Ids);
        Assert.Empty(_stubbed.Measured.Recorded());
    }

    private Task<FetchFailure?> PingAsync() => _stubbed.ElapseAsync(_stubbed.Client.PingAsync(TestContext.Current.CancellationToken));
}
