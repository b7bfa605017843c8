using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>
/// Requests that two servers in a row could read differently, with another one inside that only one of them would see: the connection
/// ends, and what is inside is never answered.
/// </summary>
public sealed class SmuggledRequestTests
{
    private const string Inside = "GET /v2/smuggled/app/manifests/v1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 80\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 80\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length : 0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length\r\n: 0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked, gzip\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nX: y\0Transfer-Encoding: chunked\r\n\r\n")]
    [InlineData("POST /v2/ HTTP/1.1\r\nHost: x\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: x\r\nHost: smuggled\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v2/ HTTP/1.1 \r\nHost: x\r\n\r\n")]
    [InlineData("GET\t/v2/\tHTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET /v2/\0 HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("GET * HTTP/1.1\r\nHost: x\r\n\r\n")]
    public async Task RequestThatMayBeReadInTwoWays_EndsTheConnection(string request)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await BareAnswer.SendAsync(proxy, request + Inside);

        Assert.InRange(answer.Status!.Value, 400, 505);
        Assert.False(answer.HasAnother, answer.Text);
        Assert.Equal(0, proxy.RequestsFor("smuggled"));
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry | RequestKind.AnyLayers));
    }

    /// <summary>Chunks that only a lenient reader understands, in a request whose body is read.</summary>
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("5 \r\nhello\r\n0\r\n\r\n")]
    [InlineData("0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\nhello\n0\n\n")]
    [InlineData("5\r\nhelloXX0\r\n\r\n")]
    [InlineData("5\r\nhello\r\n00000000000000000000000000\r\n\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;a\nhello\r\n0\r\n\r\n")]
    [InlineData("\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task OddChunks_EndTheConnection(string chunks)
    {
        await using var rig = await Push.PushRig.StartAsync();
        var location = await rig.Client.StartAsync(Push.PushRig.Repository);

        var answer = await BareAnswer.SendAsync(
            rig.Proxy, $"PATCH {location} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{Inside}");

        Assert.Contains(answer.Status, (int?[])[400, null]); // or broken off: the answer may be lost
        Assert.False(answer.HasAnother, answer.Text);
        Assert.Equal(0, rig.Proxy.RequestsFor("smuggled"));
    }

    /// <summary>By RFC 9112 the chunks count: what follows them is a request of its own, or is not answered. Never is it a body.</summary>
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 200\r\n\r\n0\r\n\r\n")]
    public async Task ChunksAndALength_AreChunks(string rest)
    {
        await using var rig = await Push.PushRig.StartAsync();
        var location = await rig.Client.StartAsync(Push.PushRig.Repository);

        var answer = await RawExchange.SendAsync(rig.Proxy.Proxy.DataAddress, $"PATCH {location} HTTP/1.1\r\nHost: x\r\n{rest}{Inside}");

        Assert.Contains(answer.Status, (int[])[202, 400]);
        Assert.Equal(0, rig.Region.Counters.UploadBytes);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("TRACE", "/v2/")]
    [InlineData("CONNECT", "/v2/")]
    [InlineData("OPTIONS", "/v2/")]
    [InlineData("OPTIONS", "/v2/team/app/manifests/v1")]
    [InlineData("PROPFIND", "/v2/team/app/manifests/v1")]
    [InlineData("BREW", "/v2/team/app/manifests/v1")]
    public async Task MethodThatRegistriesDoNotHave_IsRefusedHere(string method, string path)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, method, path, "X-Secret: s3cret");

        Assert.Equal((405, "UNSUPPORTED"), (answer.Status, answer.ErrorCode()));
        Assert.DoesNotContain("s3cret", Encoding.Latin1.GetString(answer.Body), StringComparison.Ordinal);
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("CONNECT", "169.254.169.254:80")]
    [InlineData("CONNECT", "[fd00:ec2::254]:80")]
    [InlineData("GET", "http://169.254.169.254/latest/meta-data/")]
    [InlineData("OPTIONS", "*")]
    public async Task ForwardProxy_IsWhatThisIsNot(string method, string target)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var answer = await RawExchange.SendAsync(
            proxy.Proxy.DataAddress, $"{method} {target} HTTP/1.1\r\nHost: {target.Split('/')[^1]}\r\nConnection: close\r\n\r\n");

        Assert.InRange(answer.Status, 400, 405);
        Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(101, 1)]
    [InlineData(50_000, 0)]
    [InlineData(3_000, 40)]
    [InlineData(1, 200_000)]
    public async Task TooManyHeaders_AreRefusedHere(int count, int length)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var headers = string.Concat(Enumerable.Range(0, count).Select(number => $"X{number % 10}: {new string('x', length)}\r\n"));

        var answer = await BareAnswer.SendAsync(proxy, $"GET /v2/ HTTP/1.1\r\nHost: x\r\n{headers}\r\n");

        Assert.Contains(answer.Status, (int?[])[431, null]); // hung up on before all was sent: the answer may be lost
        Assert.Equal(200, (await BareAnswer.GetAsync(proxy, "/v2/")).Status);
    }
}
