using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>A connection that goes on when it is broken off, as one does whose end is still on its way.</summary>
internal sealed class UnendingConnection : DefaultConnectionContext, IConnectionSocketFeature, IDisposable
{
    private UnendingConnection(Socket server, Socket client)
    {
        (Socket, Client) = (server, client);
        var (input, output) = (new Pipe(), new Pipe());
        Transport = new DuplexPipe(input.Reader, output.Writer);
        Features.Set<IConnectionSocketFeature>(this);
    }

    public Socket Socket { get; }

    public Socket Client { get; }

    /// <summary>How often it was broken off.</summary>
    public int Aborts { get; private set; }

    /// <summary>Connects to itself over loopback.</summary>
    public static async Task<UnendingConnection> OpenAsync()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!, TestContext.Current.CancellationToken);
        return new UnendingConnection(await listener.AcceptAsync(TestContext.Current.CancellationToken), client);
    }

    public override void Abort(ConnectionAbortedException abortReason) => Aborts++;

    public void Dispose()
    {
        Socket.Dispose();
        Client.Dispose();
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
