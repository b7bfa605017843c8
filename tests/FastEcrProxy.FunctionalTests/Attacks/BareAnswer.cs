using System.Globalization;
using System.Text;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>What came back for bytes that no server has to like, up to the connection's end, however it ends.</summary>
/// <param name="Text">Byte for byte.</param>
internal sealed record BareAnswer(string Text)
{
    private const string End = "\r\n\r\n";

    /// <summary>Null where the connection broke before one.</summary>
    public int? Status => Text.Length == 0 ? null : int.Parse(Text.Split(' ', 3)[1], CultureInfo.InvariantCulture);

    public string Body => Text[Math.Min(Text.Length, Text.IndexOf(End, StringComparison.Ordinal) + End.Length)..];

    /// <summary>Whether all came that the head promised.</summary>
    public bool IsWhole => Text.Split("\r\n").Contains($"Content-Length: {Body.Length}");

    /// <summary>Whether another answer follows the first.</summary>
    public bool HasAnother => Body.Contains("HTTP/1.1 ", StringComparison.Ordinal);

    public static Task<BareAnswer> GetAsync(ProxyUnderTest proxy, string path) =>
        SendAsync(proxy, $"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");

    public static async Task<BareAnswer> SendAsync(ProxyUnderTest proxy, string request)
    {
        using var client = await RawClient.ConnectAsync(proxy);
        try
        {
            await client.SendAsync(request);
        }
        catch (IOException)
        {
            // hung up on before all was sent
        }

        return new BareAnswer(Encoding.Latin1.GetString(await client.ReadToEndAsync()));
    }
}
