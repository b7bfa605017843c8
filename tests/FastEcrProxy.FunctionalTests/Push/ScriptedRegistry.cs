using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>An open registry that says what a test wants, in the very words, and keeps the heads of requests as they came in.</summary>
internal sealed class ScriptedRegistry : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _heads = new();
    private readonly Func<string, string> _answer;

    /// <param name="answer">Gets a request's first line, gives the answer up to and without its empty line.</param>
    public ScriptedRegistry(Func<string, string> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = AcceptAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    public IReadOnlyCollection<string> Heads => _heads;

    public void Dispose() => _listener.Dispose();

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
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using var connection = client;
            using var stream = connection.GetStream();
            while (await HeadAsync(stream) is { Length: > 0 } head)
            {
                _heads.Enqueue(head);
                await SkipAsync(stream, LengthIn(head));
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {_answer(head.Split("\r\n")[0])}\r\nContent-Length: 0\r\n\r\n"));
            }
        }
        catch (IOException)
        {
            // The proxy hung up.
        }
    }

    private static async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1)
        {
            head.Append((char)one[0]);
        }

        return head.ToString().TrimEnd();
    }

    private static long LengthIn(string head) => head.Split("\r\n")
        .Where(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
        .Select(line => long.Parse(line["Content-Length: ".Length..], System.Globalization.CultureInfo.InvariantCulture))
        .FirstOrDefault();

    private static async Task SkipAsync(NetworkStream stream, long count)
    {
        var scrap = new byte[64 << 10];
        while (count > 0 && await stream.ReadAsync(scrap.AsMemory(0, (int)Math.Min(scrap.Length, count))) is > 0 and var read)
        {
            count -= read;
        }
    }
}
