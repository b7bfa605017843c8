using System.Net;
using System.Net.Sockets;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.FunctionalTests.Transport;
using FastEcrProxy.Server;
using FastEcrProxy.Transport;

namespace FastEcrProxy.FunctionalTests.Limits;

/// <summary>How many connections there may be, and what one may not do for long.</summary>
public sealed class ConnectionLimitTests
{
    private static readonly string Ping = RawClient.Get("/v2/");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(0, 3, "addressconnections")]
    [InlineData(3, 0, "connections")]
    public async Task ConnectionOverTheLimit_IsResetUntilAnotherEnds(int total, int perAddress, string limit)
    {
        await using var proxy = await StartAsync(new ConnectionLimits { Total = total, PerAddress = perAddress });
        var clients = new List<RawClient>();
        for (var i = 0; i < 3; i++)
        {
            clients.Add(await RawClient.ConnectAsync(proxy));
            await AssertServedAsync(clients[^1]);
        }

        await AssertResetAsync(proxy);
        await AssertResetAsync(proxy);
        await AssertServedAsync(clients[0]);

        clients[1].Dispose();
        await Until.TrueAsync(() => IsServedAsync(proxy));
        Assert.True(await proxy.MetricAsync("fastecr_limited_total", $"limit=\"{limit}\"") >= 2);
        Assert.Single(proxy.Log.Lines, static line => line.Contains("have been closed since the last such line", StringComparison.Ordinal));
        clients.ForEach(static client => client.Dispose());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TlsConnectionOverTheLimit_IsResetBeforeAnyHandshake()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await StartAsync(new ConnectionLimits { PerAddress = 1 }, TestCertificate.Shown(certificate));
        using var client = await RawClient.ConnectAsync(proxy);
        await client.UseTlsAsync();
        await AssertServedAsync(client);

        await AssertResetAsync(proxy);
    }

    /// <summary>Thousands that come and go leave nothing behind.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManyConnectionsFromOneAddress_AreHeldToTheLimitAndForgotten()
    {
        await using var proxy = await StartAsync(new ConnectionLimits { PerAddress = 20 });
        for (var round = 0; round < 5; round++)
        {
            var sockets = Enumerable.Range(0, 100).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToList();
            await Task.WhenAll(sockets.Select(socket => TryConnectAsync(socket, proxy)));
            sockets.ForEach(static socket => socket.Reset());
        }

        await Until.TrueAsync(() => IsServedAsync(proxy));
        await Until.TrueAsync(async () => await proxy.MetricAsync("fastecr_limited_total", "limit=\"addressconnections\"") > 0);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task IdleConnection_IsClosedWhenItsTimeIsUp()
    {
        await using var proxy = await StartAsync(new ConnectionLimits { KeepAlive = TimeSpan.FromSeconds(1) });
        using var client = await RawClient.ConnectAsync(proxy);
        await AssertServedAsync(client);

        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HeadThatDoesNotEnd_IsClosedWhenItsTimeIsUp()
    {
        await using var proxy = await StartAsync(new ConnectionLimits { HeadTimeout = TimeSpan.FromSeconds(1) });
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await ConnectAsync(socket, proxy);

        await socket.AskAsync("GET /v2/ HTTP/1.1\r\nHost: x\r\n"); // and not the empty line

        Assert.StartsWith("HTTP/1.1 408 ", await socket.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HandshakeThatDoesNotBegin_IsClosedWhenItsTimeIsUp()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await StartAsync(
            new ConnectionLimits { HandshakeTimeout = TimeSpan.FromSeconds(1) }, TestCertificate.Shown(certificate));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await ConnectAsync(socket, proxy);

        Assert.Empty(await socket.ReadAsync(1));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(10_000, 200)]
    [InlineData(18_000, 431)]
    [InlineData(40_000, 431)] // where the server itself says no
    public async Task Headers_AreHeldToTheirSize(int bytes, int status)
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with { Connections = new ConnectionLimits { HeaderBytes = 16 << 10 } },
            Limits = settings.Limits with { HeaderBytes = 16 << 10 },
        });

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", "/v2/", $"X-Long: {new string('a', bytes)}");

        Assert.Equal(status, answer.Status);
    }

    private static Task<ProxyUnderTest> StartAsync(ConnectionLimits limits, ServerCertificate? certificate = null) =>
        ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with { Connections = limits, Certificates = certificate is null ? [] : [certificate] },
        });

    private static async Task AssertServedAsync(RawClient client)
    {
        await client.AskAsync(Ping);
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
        await client.ReadAsync("{}".Length);
    }

    private static async Task<bool> IsServedAsync(ProxyUnderTest proxy)
    {
        try
        {
            using var client = await RawClient.ConnectAsync(proxy);
            await AssertServedAsync(client);
            return true;
        }
        catch (Exception reset) when (reset is IOException or SocketException)
        {
            return false; //: the proxy has not seen yet that another has left
        }
    }

    /// <summary>Not a good-bye: that would leave the proxy's side of it waiting for a minute.</summary>
    private static async Task AssertResetAsync(ProxyUnderTest proxy)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);

        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await socket.ConnectAsync(proxy.Proxy.DataAddress, Cancel); // it may come so soon
            await socket.ReceiveAsync(new byte[1], Cancel);
        });

        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    private static async Task TryConnectAsync(Socket socket, ProxyUnderTest proxy)
    {
        try
        {
            await ConnectAsync(socket, proxy);
        }
        catch (SocketException)
        {
            // reset at once: it is over the limit
        }
    }

    private static Task ConnectAsync(Socket socket, ProxyUnderTest proxy) =>
        socket.ConnectAsync(proxy.Proxy.DataAddress, Cancel).AsTask();
}
