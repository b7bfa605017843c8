namespace FastEcrProxy.Upstream;

/// <summary>Reads which page comes next from a <c>Link</c> header. Only the query string: the host is the registry's own affair.</summary>
/// <remarks>RFC 8288: <c>&lt;address&gt;; rel="next"</c>, several separated by commas. ECR's address is absolute.</remarks>
internal static class NextPage
{
    private const int QueryLengthMax = 4096; // ECR's opaque tokens are some hundred characters

    /// <summary>False for a header that makes no sense; true with null where it names no next page.</summary>
    public static bool TryParse(ReadOnlySpan<char> header, out string? query)
    {
        query = null;
        header = header.Trim();
        while (!header.IsEmpty)
        {
            var close = header.IndexOf('>');
            if (header[0] != '<' || close < 0)
            {
                return false;
            }

            var address = header[1..close];
            var parameters = UpToComma(header[(close + 1)..], out header);
            if (IsNext(parameters))
            {
                return TryTakeQuery(address, out query);
            }
        }

        return true;
    }

    private static bool TryTakeQuery(ReadOnlySpan<char> address, out string? query)
    {
        query = null;
        var mark = address.IndexOf('?');
        if (mark < 0)
        {
            return false;
        }

        var text = address[(mark + 1)..];
        var fragment = text.IndexOf('#');
        text = fragment < 0 ? text : text[..fragment];
        if (text.Length is 0 or > QueryLengthMax || !QueryText.IsWellFormed(text))
        {
            return false;
        }

        query = text.ToString();
        return true;
    }

    /// <summary>The parameters of one link, and what follows the comma after them. Commas in quotes belong to a parameter.</summary>
    private static ReadOnlySpan<char> UpToComma(ReadOnlySpan<char> text, out ReadOnlySpan<char> rest)
    {
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            quoted ^= text[i] == '"';
            if (text[i] == ',' && !quoted)
            {
                rest = text[(i + 1)..].TrimStart();
                return text[..i];
            }
        }

        rest = default;
        return text;
    }

    private static bool IsNext(ReadOnlySpan<char> parameters)
    {
        foreach (var range in parameters.Split(';'))
        {
            var parameter = parameters[range].Trim();
            var equals = parameter.IndexOf('=');
            if (equals > 0
                && parameter[..equals].TrimEnd().Equals("rel", StringComparison.OrdinalIgnoreCase)
                && parameter[(equals + 1)..].Trim().Trim('"').Equals("next", StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
