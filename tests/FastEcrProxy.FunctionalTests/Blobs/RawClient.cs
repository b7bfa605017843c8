using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>A client that is a bare socket: it reads as slowly and leaves as rudely as a test wants.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private Stream _stream;

    private RawClient(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket));

    /// <param name="proxy">Whom to connect to.</param>
    /// <param name="receiveBufferBytes">A small one makes the proxy wait for this client soon; zero: the system's own.</param>
    public static async Task<RawClient> ConnectAsync(ProxyUnderTest proxy, int receiveBufferBytes = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        if (receiveBufferBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBufferBytes;
        }

        await socket.ConnectAsync(proxy.Proxy.DataAddress, TestContext.Current.CancellationToken);
        return new RawClient(socket);
    }

    /// <summary>From here on over TLS, whatever certificate is shown.</summary>
    public async Task UseTlsAsync()
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, static (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost" }, TestContext.Current.CancellationToken);
        _stream = tls;
    }

    /// <summary>Sends requests, one after the other, without waiting for answers.</summary>
    public async Task AskAsync(params string[] requests)
    {
        var text = string.Concat(requests.Select(static request => $"{request}\r\n\r\n"));
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(string text) =>
        await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    public static string Get(string path, params string[] headers) =>
        string.Join("\r\n", [$"GET {path} HTTP/1.1", "Host: registry.example.com", .. headers]);

    /// <summary>The next answer's status line and headers.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await _stream.ReadExactlyAsync(one, TestContext.Current.CancellationToken);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        await _stream.ReadExactlyAsync(bytes, TestContext.Current.CancellationToken);
        return bytes;
    }

    /// <summary>Everything up to the connection's end, however it ends.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 << 10];
        try
        {
            while (await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken) is > 0 and var read)
            {
                bytes.Write(buffer, 0, read);
            }
        }
        catch (IOException)
        {
            // reset: what came before is what there is
        }

        return bytes.ToArray();
    }

    /// <summary>Leaves with a reset instead of a good-bye.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }
}
