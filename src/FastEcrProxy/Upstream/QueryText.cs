using System.Buffers;

namespace FastEcrProxy.Upstream;

/// <summary>Query strings for the registry: nothing in them can end the string, the path or the header.</summary>
internal static class QueryText
{
    /// <summary>What may stand in a query string (RFC 3986).</summary>
    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=:@/?");

    public static bool IsWellFormed(ReadOnlySpan<char> query) => !query.ContainsAnyExcept(Characters);

    /// <summary>Of names and values, the values encoded; null values are left out. Empty, or begins with <c>?</c>.</summary>
    public static string Of(params ReadOnlySpan<(string Name, string? Value)> pairs)
    {
        var text = "";
        foreach (var (name, value) in pairs)
        {
            if (value is not null)
            {
                text += $"{(text.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(value)}";
            }
        }

        return text;
    }

    /// <summary>
    /// A next page's query as a client brings it back. What the registry wrote stays as it is: its tokens are opaque.
    /// <c>ns</c>, by which containerd tells a mirror the image's registry, is between the client and the proxy.
    /// </summary>
    public static string Again(string query)
    {
        var pairs = query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(pair => IsWellFormed(pair) && !pair.StartsWith("ns=", StringComparison.Ordinal));
        var text = string.Join('&', pairs);
        return text.Length == 0 ? "" : "?" + text;
    }
}
