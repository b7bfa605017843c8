using System.Net;
using System.Net.Sockets;
using System.Text;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Tls;
using FastEcrProxy.FunctionalTests.Transport;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Balancers;

/// <summary>Behind a balancer that hands bytes through and says whose they are.</summary>
public sealed class ProxyProtocolTests
{
    private static readonly ListenOptions FromBalancers =
        new() { TrustedProxies = [ProxyHeaders.Loopback], ProxyProtocol = true };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<byte[], string> Headers => new()
    {
        { ProxyHeaders.Version1, "192.0.2.1" },
        { ProxyHeaders.Version2, "192.0.2.1" },
        { ProxyHeaders.Local, "127.0.0.1" },
        { [], "127.0.0.1" }, // a probe
    };

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Headers))]
    public async Task Header_SaysWhoTheClientIs(byte[] header, string client)
    {
        await using var port = await EchoPort.StartAsync(FromBalancers);
        using var socket = await port.ConnectAsync(header);

        var seen = await EchoPort.AskAsync(new NetworkStream(socket));

        Assert.Equal($"HTTP/1.1 http {client} nobody", seen);
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Headers))]
    public async Task Header_StandsBeforeTls(byte[] header, string client)
    {
        using var authority = new TestAuthority();
        await using var port = await EchoPort.StartAsync(FromBalancers with { Certificates = [authority.WriteServer("one")] });

        await using var stream = await port.ConnectTlsAsync("x", own: null, header);

        Assert.Equal($"HTTP/1.1 https {client} nobody", await EchoPort.AskAsync(stream));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HeaderByteForByte_IsTheSame()
    {
        await using var port = await EchoPort.StartAsync(FromBalancers);
        using var socket = await port.ConnectAsync();

        foreach (var one in ProxyHeaders.Version2)
        {
            await socket.SendAsync(new[] { one }, Cancel);
        }

        Assert.Equal("HTTP/1.1 http 192.0.2.1 nobody", await EchoPort.AskAsync(new NetworkStream(socket)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LayersByFile_AreWholeForPipelinedRequestsToo()
    {
        await using var proxy = await StartAsync(ProxyHeaders.Loopback);
        var (one, two) = (TestLayer.Upstream(proxy, 3 << 20), TestLayer.Upstream(proxy, 2 << 20, seed: 2));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.Proxy.DataAddress, Cancel);

        var requests = $"{RawClient.Get(one.Path())}\r\n\r\n{RawClient.Get(two.Path())}\r\n\r\n{RawClient.Get(one.Path())}\r\n\r\n";
        await client.SendAsync((byte[])[.. ProxyHeaders.Version2, .. Encoding.ASCII.GetBytes(requests)], Cancel);

        foreach (var layer in new[] { one, two, one })
        {
            Assert.StartsWith("HTTP/1.1 200", await client.ReadHeadAsync());
            Assert.Equal(layer.Bytes, await client.ReadAsync(layer.Bytes.Length));
        }

        await Until.TrueAsync(
            () => proxy.Log.Lines.Count(static line => line.Contains(" to 192.0.2.1:56324 ", StringComparison.Ordinal)) == 3);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("127.0.0.0/8", true)]
    [InlineData("10.0.0.0/8", false)]
    public async Task HeaderThatMakesNoSense_IsAnsweredOnlyWhereItIsNotRead(string trusted, bool isRead)
    {
        await using var proxy = await StartAsync(IPNetwork.Parse(trusted));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.Proxy.DataAddress, Cancel);

        await client.SendAsync(Encoding.ASCII.GetBytes("PROXY TCP4 me you 1 2\r\n\r\n"), Cancel);
        var answer = Encoding.ASCII.GetString(await client.ReadAsync(1000));

        Assert.Equal(isRead ? "" : "HTTP/1.1 400 Bad Request", answer.Split('\r')[0]);
        Assert.Equal(isRead, proxy.Log.Lines.Any(static line => line.StartsWith("Warning 7010 ", StringComparison.Ordinal)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RightHeaderOfAnybodyElse_IsNotBelieved()
    {
        await using var proxy = await StartAsync(IPNetwork.Parse("10.0.0.0/8"));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.Proxy.DataAddress, Cancel);

        await client.SendAsync((byte[])[.. ProxyHeaders.Version1, .. Encoding.ASCII.GetBytes($"{RawClient.Get("/v2/")}\r\n\r\n")], Cancel);

        Assert.StartsWith("HTTP/1.1 400", Encoding.ASCII.GetString(await client.ReadAsync(1000)));
    }

    private static Task<ProxyUnderTest> StartAsync(IPNetwork balancers) => ProxyUnderTest.StartAsync(adjust: settings => settings with
    {
        Listen = settings.Listen with { TrustedProxies = [balancers], ProxyProtocol = true },
    });
}
