using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>A registry that writes what a test wants to the connection, and closes it: no server would let it.</summary>
internal sealed class HostileRegistry : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, Stream, Task> _answer;
    private long _requests;
    private long _written;

    /// <param name="answer">Gets a request's head, writes the answer; a connection that breaks meanwhile is as good as an end.</param>
    public HostileRegistry(Func<string, Stream, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <param name="answer">All of it, as it is written.</param>
    public HostileRegistry(string answer)
        : this((_, stream) => stream.WriteAsync(Encoding.Latin1.GetBytes(answer)).AsTask())
    {
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Bytes of endless answers that were taken.</summary>
    public long Written => Interlocked.Read(ref _written);

    public void Dispose() => _listener.Dispose();

    /// <summary>Writes the same for as long as it is taken, but no more than any test wants to wait for.</summary>
    public async Task WriteEndlesslyAsync(Stream stream, byte[] piece)
    {
        const long most = 1L << 30;
        while (Written < most)
        {
            await stream.WriteAsync(piece);
            Interlocked.Add(ref _written, piece.Length);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var connection = client;
            using var stream = connection.GetStream();
            var head = new StringBuilder();
            var one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one) == 0)
                {
                    return;
                }

                head.Append((char)one[0]);
            }

            Interlocked.Increment(ref _requests);
            await _answer(head.ToString(), stream);
            connection.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(one) > 0)
            {
                // until the proxy has hung up: a reset could take back what was sent
            }
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            // the proxy has had enough
        }
    }
}
