using System.Text;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>What a client asks the layer store for.</summary>
/// <param name="Method">As it was sent; empty where the first line is none of HTTP.</param>
/// <param name="Path">Without the query: signatures are LocalEcr's to check.</param>
/// <param name="Range">The header, if there is one.</param>
/// <param name="IsLast">Whether the client wants the connection closed after the answer.</param>
/// <param name="HeadBytes">How much of what was received it takes.</param>
internal readonly record struct LayerRequest(string Method, string Path, string? Range, bool IsLast, int HeadBytes)
{
    /// <summary>False where the head is not complete yet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> received, out LayerRequest request)
    {
        request = default;
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        var lines = Encoding.ASCII.GetString(received[..end]).Split("\r\n");
        var (method, path) = lines[0].Split(' ') is [var word, var target, "HTTP/1.1"] ? (word, target) : ("", "");
        var isLast = string.Equals(Header(lines, "Connection:"), "close", StringComparison.OrdinalIgnoreCase);
        request = new LayerRequest(method, path.Split('?')[0], Header(lines, "Range:"), isLast, end + 4);
        return true;
    }

    private static string? Header(string[] lines, string name) =>
        Array.Find(lines, line => line.StartsWith(name, StringComparison.OrdinalIgnoreCase))?[name.Length..].Trim();
}
