using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Tls;

/// <summary>HTTP/2 where it is switched on, and the port without TLS beside it.</summary>
public sealed class Http2Tests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Layers_ComeWholeSideBySide(bool http2, bool fileOutput)
    {
        await using var proxy = await StartAsync(http2, fileOutput);
        using var client = Client();
        var layers = Enumerable.Range(1, 4).Select(seed => TestLayer.Upstream(proxy, 3 * MiB, seed)).ToList();

        var answers = await Task.WhenAll(layers.Concat(layers).Select(layer => ReadAsync(client, $"{Url(proxy)}{layer.Path()}")));

        Assert.All(answers, answer => Assert.Equal(http2 ? HttpVersion.Version20 : HttpVersion.Version11, answer.Version));
        Assert.Equal(layers.Concat(layers).Select(static layer => layer.Bytes), answers.Select(static answer => answer.Bytes));
        Assert.Empty(proxy.Complaints);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task BodyThatBreaks_IsAResetAndNeverAnEnd(bool fileOutput)
    {
        await using var proxy = await StartAsync(http2: true, fileOutput);
        using var client = Client();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var pause = proxy.Region.Faults.PauseLayers(3 * MiB, times: 1);

        using var answer = await SendAsync(client, $"{Url(proxy)}{layer.Path()}");
        await pause.ReachedAsync(Cancel);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        var failure = await Assert.ThrowsAnyAsync<IOException>(() => ReadToEndAsync(answer));
        Assert.Equal(2, Assert.IsType<HttpProtocolException>(failure).ErrorCode); // INTERNAL_ERROR, of this stream alone
        Assert.Equal("ok"u8.ToArray(), (await ReadAsync(client, $"{Url(proxy)}/healthz")).Bytes);
        Assert.Equal(1, proxy.Log.Lines.Count(static line => line.EndsWith(" accepted. ", StringComparison.Ordinal)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StreamThatStandsStill_IsBrokenOffLikeAConnection()
    {
        await using var proxy = await StartAsync(http2: true, fileOutput: true, stall: TimeSpan.FromSeconds(2));
        using var client = Client();
        var layer = TestLayer.Upstream(proxy, 32 * MiB);

        using var answer = await SendAsync(client, $"{Url(proxy)}{layer.Path()}");

        await proxy.LoggedAsync($"{layer.Path()} 200 Miss"); // over, though nothing was read of it
        await Assert.ThrowsAnyAsync<IOException>(() => ReadToEndAsync(answer));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Push_GoesThroughAsOverHttp11()
    {
        await using var proxy = await StartAsync(http2: true, fileOutput: true, push: true);
        using var client = Client();
        TestLayer.Upstream(proxy, 1000); // so that there is a repository
        var layer = TestLayer.Random(3 * MiB, seed: 2);

        using var begun = await SendAsync(client, $"{Url(proxy)}/v2/team/app/blobs/uploads/", HttpMethod.Post, new ByteArrayContent([]));
        var location = $"{Url(proxy)}{begun.Headers.Location!.OriginalString}";
        var put = $"{location}{(location.Contains('?') ? '&' : '?')}digest={layer.Digest}";
        using var ended = await SendAsync(client, put, HttpMethod.Put, new ByteArrayContent(layer.Bytes));

        Assert.Equal((HttpStatusCode.Created, HttpVersion.Version20), (ended.StatusCode, ended.Version));
        Assert.Equal(layer.Bytes, (await ReadAsync(client, $"{Url(proxy)}{layer.Path()}")).Bytes);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PlainPortBesideTls_ServesTheSameByHttp11()
    {
        await using var proxy = await StartAsync(http2: true, fileOutput: true);
        using var plain = new PullClient();
        var layer = TestLayer.Upstream(proxy, 3 * MiB);

        using var answer = await plain.GetAsync($"http://{proxy.Proxy.PlainAddress}{layer.Path()}");

        Assert.Equal(HttpVersion.Version11, answer.Version);
        Assert.Equal(layer.Bytes, await answer.Content.ReadAsByteArrayAsync(Cancel));
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        await proxy.LoggedAsync($"Serving pulls on {proxy.Proxy.DataAddress} and, without TLS, on {proxy.Proxy.PlainAddress}, ");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task AnswersOverTls_SayWhatHstsSays()
    {
        await using var proxy = await StartAsync(http2: false, fileOutput: true);
        using var client = Client();

        using var answer = await SendAsync(client, $"{Url(proxy)}/v2/none");

        Assert.Equal("max-age=3600", Assert.Single(answer.Headers.GetValues("Strict-Transport-Security")));
    }

    public void Dispose() => _authority.Dispose();

    private static string Url(ProxyUnderTest proxy) => $"https://{proxy.Authority}";

    private static HttpMessageInvoker Client() => new(new SocketsHttpHandler
    {
        UseProxy = false, SslOptions = new() { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    });

    private static async Task<HttpResponseMessage> SendAsync(
        HttpMessageInvoker client, string url, HttpMethod? method = null, HttpContent? content = null) => await client.SendAsync(
        new HttpRequestMessage(method ?? HttpMethod.Get, url)
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower, Content = content,
        },
        Cancel);

    private static async Task ReadToEndAsync(HttpResponseMessage answer)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(Cancel);
        await body.CopyToAsync(Stream.Null, Cancel);
    }

    private static async Task<(Version Version, byte[] Bytes)> ReadAsync(HttpMessageInvoker client, string url)
    {
        using var answer = await SendAsync(client, url);
        return (answer.Version, await answer.Content.ReadAsByteArrayAsync(Cancel));
    }

    private Task<ProxyUnderTest> StartAsync(bool http2, bool fileOutput, TimeSpan? stall = null, bool push = false)
    {
        var certificate = _authority.WriteServer("one");
        return ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with
            {
                Certificates = [certificate],
                PlainAddress = new IPEndPoint(IPAddress.Loopback, 0),
                Http2 = http2,
                Hsts = TimeSpan.FromHours(1),
                FileOutput = fileOutput,
                StallTimeout = stall ?? settings.Listen.StallTimeout,
            },
            Upstreams = [settings.Upstreams[0] with { Push = push }],
        });
    }
}
