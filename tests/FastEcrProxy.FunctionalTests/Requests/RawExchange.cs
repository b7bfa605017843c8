using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>One answer to bytes that were sent as they are: nothing corrects them on the way.</summary>
internal sealed record RawExchange(string Head, byte[] Body)
{
    public int Status => int.Parse(Head.Split(' ', 3)[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Sends a request, head and all, and reads until the server hangs up. Ask it to: <c>Connection: close</c>.</summary>
    public static async Task<RawExchange> SendAsync(IPEndPoint server, string request)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var client = new TcpClient();
        await client.ConnectAsync(server, cancel);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(request), cancel);
        using var answer = new MemoryStream();
        await client.GetStream().CopyToAsync(answer, cancel);
        var bytes = answer.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end > 0, $"No answer, but: {Encoding.Latin1.GetString(bytes)}");
        return new RawExchange(Encoding.Latin1.GetString(bytes, 0, end), bytes[(end + 4)..]);
    }

    /// <summary>Asks for a path as it is spelt.</summary>
    public static Task<RawExchange> AskAsync(IPEndPoint server, string method, string target, params string[] headers)
    {
        string[] lines = [$"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close", .. headers];
        return SendAsync(server, string.Join("\r\n", lines) + "\r\n\r\n");
    }

    /// <summary>A header's value, or null; several lines are joined.</summary>
    public string? Header(string name)
    {
        var values = Head.Split("\r\n").Skip(1)
            .Select(line => line.Split(": ", 2))
            .Where(pair => pair[0].Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(pair => pair[1])
            .ToList();
        return values.Count == 0 ? null : string.Join(", ", values);
    }

    /// <summary>The code of an error in the form that OCI clients read, which it must have.</summary>
    public string ErrorCode()
    {
        Assert.Equal("application/json", Header("Content-Type"));
        Assert.Equal("registry/2.0", Header("Docker-Distribution-Api-Version"));
        Assert.Equal($"{Body.Length}", Header("Content-Length"));
        Assert.Null(Header("WWW-Authenticate"));
        Assert.Null(Header("Server"));
        using var json = JsonDocument.Parse(Body);
        var error = Assert.Single(json.RootElement.GetProperty("errors").EnumerateArray());
        Assert.NotEmpty(error.GetProperty("message").GetString()!);
        return error.GetProperty("code").GetString()!;
    }
}
