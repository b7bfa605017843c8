namespace FastEcrProxy.Http;

/// <summary>Takes the path out of a request's target as the client sent it: the server's own path is decoded, ours must not be.</summary>
/// <remarks>Forms: RFC 9112 section 3.2. Absolute ones are what a client sends that takes this for its HTTP proxy.</remarks>
internal static class RequestTarget
{
    /// <summary>The path, query cut off; empty for the forms that have none (<c>*</c>, <c>host:port</c>).</summary>
    public static ReadOnlySpan<char> PathOf(ReadOnlySpan<char> target)
    {
        if (target.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            || target.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            var afterScheme = target[(target.IndexOf("//", StringComparison.Ordinal) + 2)..];
            var path = afterScheme.IndexOfAny('/', '?');
            target = path < 0 ? "/" : afterScheme[path..];
        }

        var query = target.IndexOf('?');
        var withoutQuery = query < 0 ? target : target[..query];
        return withoutQuery.StartsWith('/') ? withoutQuery : default;
    }
}
