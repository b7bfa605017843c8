using System.IO.Pipelines;
using System.Net;
using System.Text;
using FastEcrProxy.Tests.Http;
using FastEcrProxy.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Transport;

public sealed class ProxyProtocolConnectionsTests
{
    private static readonly IPEndPoint Balancer = new(IPAddress.Parse("10.0.0.7"), 4711);

    private readonly FakeTimeProvider _time = new();
    private readonly LogOf<ProxyProtocolConnections> _log = new();
    private readonly ProxyProtocolConnections _connections;

    public ProxyProtocolConnectionsTests() => _connections = new ProxyProtocolConnections([IPNetwork.Parse("10.0.0.0/24")], _time, _log);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Header_IsTakenOffAndTheConnectionIsTheClients()
    {
        var connection = new Peer(Balancer);

        var running = connection.RunAsync(_connections);
        await connection.SendAsync("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET / HT");

        Assert.Equal("GET / HT", await connection.FirstReadAsync());
        Assert.Equal("192.0.2.1:56324", connection.RemoteEndPoint?.ToString());
        await connection.EndAsync(running);
    }

    [Fact]
    public async Task HeaderInManyPackets_IsTheSame()
    {
        var connection = new Peer(Balancer);

        var running = connection.RunAsync(_connections);
        foreach (var letter in "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nG")
        {
            await connection.SendAsync(letter.ToString());
        }

        Assert.Equal("G", await connection.FirstReadAsync());
        Assert.Equal("192.0.2.1:56324", connection.RemoteEndPoint?.ToString());
        await connection.EndAsync(running);
    }

    [Fact]
    public async Task MappedBalancer_IsTheSameBalancer()
    {
        var connection = new Peer(new IPEndPoint(Balancer.Address.MapToIPv6(), 1));

        var running = connection.RunAsync(_connections);
        await connection.SendAsync("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nG");

        Assert.Equal("G", await connection.FirstReadAsync());
        await connection.EndAsync(running);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PUT / HTTP/1.1\r\n")]
    public async Task BalancerWithoutHeader_IsServedAsItself(string text)
    {
        var connection = new Peer(Balancer);

        var running = connection.RunAsync(_connections);
        await connection.SendAsync(text);

        Assert.Equal(text, await connection.FirstReadAsync());
        Assert.Equal(Balancer, connection.RemoteEndPoint);
        await connection.EndAsync(running);
    }

    [Fact]
    public async Task AnybodyElse_IsNotLookedAt()
    {
        var connection = new Peer(new IPEndPoint(IPAddress.Parse("10.0.1.7"), 4711));

        var running = connection.RunAsync(_connections); // served before it has sent anything
        await connection.SendAsync("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n");

        Assert.StartsWith("PROXY TCP4", await connection.FirstReadAsync());
        Assert.Equal("10.0.1.7:4711", connection.RemoteEndPoint?.ToString());
        await connection.EndAsync(running);
    }

    [Fact]
    public async Task MalformedHeaders_AreClosedWithOneLineAMinute()
    {
        for (var i = 0; i < 3; i++)
        {
            await MalformedAsync();
        }

        Assert.EndsWith("closed, as were 0 since the last such line", Assert.Single(_log.Lines));
        _time.Advance(TimeSpan.FromMinutes(1));
        await MalformedAsync();

        Assert.EndsWith("closed, as were 2 since the last such line", _log.Lines.Last());
    }

    [Fact]
    public async Task HalfAHeader_IsClosedWhenItsTimeIsUp()
    {
        var connection = new Peer(Balancer);
        var running = connection.RunAsync(_connections);
        await connection.SendAsync("PROXY TCP4 192.");

        _time.Advance(ProxyProtocolConnections.HeaderTimeout - TimeSpan.FromSeconds(1));
        Assert.False(connection.IsAborted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await running;

        Assert.True(connection.IsAborted && !connection.WasServed);
        Assert.Contains("half of a header within 10 s", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConnectionThatSaysNothing_IsClosedWithoutAWord()
    {
        var silent = new Peer(Balancer);
        var checking = new Peer(Balancer);
        var (staying, leaving) = (silent.RunAsync(_connections), checking.RunAsync(_connections));

        await checking.LeaveAsync(); // a health check of the port alone
        await leaving;
        _time.Advance(ProxyProtocolConnections.HeaderTimeout);
        await staying;

        Assert.True(silent.IsAborted && checking.IsAborted);
        Assert.Empty(_log.Lines);
    }

    private async Task MalformedAsync()
    {
        var connection = new Peer(Balancer);
        var running = connection.RunAsync(_connections);
        await connection.SendAsync("PROXY TCP4 nobody nowhere 1 2\r\n");
        await running;
        Assert.True(connection.IsAborted && !connection.WasServed);
    }

    /// <summary>A connection in memory: what the other side sends, and what the server would read first.</summary>
    private sealed class Peer : DefaultConnectionContext
    {
        // What was sent has been looked at when the sending returns.
        private readonly Pipe _sent = new(new PipeOptions(readerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        private readonly TaskCompletionSource<string> _firstRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Peer(IPEndPoint remote)
        {
            RemoteEndPoint = remote;
            Transport = new Halves(_sent.Reader, new Pipe().Writer);
        }

        public bool IsAborted { get; private set; }

        public bool WasServed => _firstRead.Task.IsCompleted;

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;

        public Task RunAsync(ProxyProtocolConnections connections) => connections.RunAsync(this, async connection =>
        {
            var read = await connection.Transport.Input.ReadAsync(Cancel);
            _firstRead.SetResult(Encoding.Latin1.GetString(read.Buffer));
            await _served.Task;
        });

        public async Task SendAsync(string text) => await _sent.Writer.WriteAsync(Encoding.Latin1.GetBytes(text), Cancel);

        public async Task LeaveAsync() => await _sent.Writer.CompleteAsync();

        public Task<string> FirstReadAsync() => _firstRead.Task.WaitAsync(Cancel);

        public Task EndAsync(Task running)
        {
            _served.SetResult();
            return running;
        }
    }

    private sealed class Halves(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
