using System.Net;
using System.Net.Sockets;
using FastEcrProxy.Admin;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.Admin;

public sealed class HealthProbeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>One whose time is never up: three seconds may be too short on a busy machine.</summary>
    private static HealthProbe Probe() => new(new FakeTimeProvider());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunningProxy_IsAskedForItsReadiness(bool token)
    {
        await using var admin = await AdminPort.StartAsync(token, Cancel);

        var answer = await Probe().AskAsync(admin.Address, Cancel);

        Assert.Equal(token, answer.Ready);
        Assert.StartsWith("{\n", answer.Body, StringComparison.Ordinal);
        Assert.EndsWith("}", answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WildcardAndName_ReachTheSameProxy()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);
        var probe = Probe();

        var byWildcard = await probe.AskAsync(new IPEndPoint(IPAddress.Any, admin.Address.Port), Cancel);
        var byName = await probe.AskAsync(new DnsEndPoint("localhost", admin.Address.Port), Cancel);

        Assert.True(byWildcard.Ready);
        Assert.True(byName.Ready);
    }

    [Fact]
    public async Task DeadPort_IsNotReadyAndSaysWhy()
    {
        // Bound and not listening: nobody else gets the port, and a connection is refused.
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        var answer = await Probe().AskAsync(bound.LocalEndPoint!, Cancel);

        var words = $"{bound.LocalEndPoint} cannot be asked: Connection refused; is it running? --admin names another address";
        Assert.Equal(new ProbeAnswer(false, words), answer);
    }

    [Fact(Timeout = 30_000)] // a probe that missed its time-out would wait for ever
    public async Task PortThatNeverAnswers_IsNotReadyAfterTheTimeOut()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var time = new FakeTimeProvider();
        var cancel = TestContext.Current.CancellationToken;

        var asking = new HealthProbe(time).AskAsync(listener.LocalEndpoint, cancel);
        using var connection = await listener.AcceptTcpClientAsync(cancel);
        time.Advance(TimeSpan.FromSeconds(3));
        var answer = await asking.WaitAsync(cancel);

        Assert.Equal(new ProbeAnswer(false, $"{listener.LocalEndpoint} gave no answer within 3 s"), answer);
    }

    [Theory]
    [InlineData("")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 2000 ?\r\n\r\n")]
    public async Task SomethingElseOnThePort_IsNotReady(string sent)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        var asking = Probe().AskAsync(listener.LocalEndpoint, Cancel);
        using (var connection = await listener.AcceptTcpClientAsync(Cancel))
        {
            await connection.GetStream().ReadExactlyAsync(new byte["GET /readyz HTTP/1.1\r\n".Length], Cancel);
            await connection.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes(sent), Cancel);
            connection.Client.Shutdown(SocketShutdown.Send);
            var answer = await asking;

            Assert.False(answer.Ready);
        }
    }

    [Fact]
    public async Task CancelledProbe_Throws()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var cancel = new CancellationTokenSource();

        var asking = Probe().AskAsync(listener.LocalEndpoint, cancel.Token);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
    }
}
