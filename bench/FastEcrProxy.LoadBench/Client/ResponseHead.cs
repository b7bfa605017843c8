using System.Buffers.Text;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Status and length of an answer. Whatever has no Content-Length is none that this client takes.</summary>
internal readonly record struct ResponseHead(int Status, long Length, int HeadBytes)
{
    private const int StatusAt = 9; // behind "HTTP/1.1 "

    /// <summary>False where the head is not complete yet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> received, out ResponseHead head)
    {
        head = default;
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return false;
        }

        _ = Utf8Parser.TryParse(received[StatusAt..], out int status, out _);
        head = new ResponseHead(status, LengthIn(received[..(end + 2)]), end + 4);
        return true;
    }

    private static long LengthIn(ReadOnlySpan<byte> lines)
    {
        var name = "Content-Length:"u8;
        while (lines.IndexOf("\r\n"u8) is >= 0 and var end)
        {
            var line = lines[..end];
            if (line.Length > name.Length && System.Text.Ascii.EqualsIgnoreCase(line[..name.Length], name))
            {
                return Utf8Parser.TryParse(line[name.Length..].TrimStart((byte)' '), out long length, out _) ? length : -1;
            }

            lines = lines[(end + 2)..];
        }

        return -1;
    }
}
