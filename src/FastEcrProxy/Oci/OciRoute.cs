using System.Buffers;

namespace FastEcrProxy.Oci;

/// <summary>What a path under <c>/v2/</c> asks for.</summary>
internal enum RouteKind
{
    Ping,
    Manifest,
    Blob,
    Tags,
    Referrers,
    Upload,
    Catalog,
}

/// <summary>A request path as a typed value. Holding one proves that repository, tag and digest are well formed.</summary>
/// <remarks>
/// A repository's name has slashes and may itself end in <c>blobs</c> or <c>manifests</c>, so a path is read from its
/// right-hand end. The path is taken as the client sent it: percent-encoding is refused, since no valid path needs it
/// and <c>%2f</c> or <c>%2e%2e</c> are how paths are smuggled. The one exception is <c>%3A</c> in a digest, which Go
/// clients write.
/// </remarks>
internal readonly record struct OciRoute(RouteKind Kind, Repository Repository = default, Reference Reference = default)
{
    private const string Root = "/v2/";
    private const int PathLengthMax = 1024; // name 256, tag 128 or digest 135, and room; longer is nobody's image

    /// <summary>What upload sessions are called is the registry's affair; this has UUIDs, Base64 for URLs, and no <c>%</c>.</summary>
    private static readonly SearchValues<char> SessionCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~=+");

    /// <summary>The digest of a blob, a referrer's subject or a manifest asked for by digest.</summary>
    public Digest Digest => Reference.Digest;

    /// <summary>The upload that is spoken of, as the registry called it. Null where one begins, and for all else.</summary>
    public string? Session { get; init; }

    /// <summary>The route, or the error that says what is wrong with the path.</summary>
    public static OciError? TryParse(ReadOnlySpan<char> path, out OciRoute route)
    {
        route = default;
        if (path.Length > PathLengthMax)
        {
            return new OciError(414, "NAME_INVALID", $"The path has {path.Length} characters; {PathLengthMax} are allowed.");
        }

        if (path is "/v2" or Root)
        {
            route = new OciRoute(RouteKind.Ping);
            return null;
        }

        if (!path.StartsWith(Root, StringComparison.Ordinal))
        {
            return OciError.NotFound("UNSUPPORTED", "This is a registry: every path begins with /v2/.");
        }

        return path is "/v2/_catalog" ? Parsed(RouteKind.Catalog, out route) : ParseNoun(path[Root.Length..], out route);
    }

    /// <summary>Whether a registry's name for an upload can be part of a path as it is.</summary>
    public static bool IsSession(ReadOnlySpan<char> text) =>
        text is not ("" or "." or "..") && !text.ContainsAnyExcept(SessionCharacters);

    private static OciError? ParseNoun(ReadOnlySpan<char> path, out OciRoute route)
    {
        route = default;
        var last = LastSegment(path, out var beforeLast);
        var noun = LastSegment(beforeLast, out var name);
        var nounBefore = LastSegment(name, out var nameBefore);
        if (nounBefore is "blobs" && noun is "uploads")
        {
            return Upload(nameBefore, last, out route);
        }

        switch (noun)
        {
            case "blobs" when last is "uploads":
                return Named(RouteKind.Upload, name, default, out route);
            case "blobs":
                return ByDigest(RouteKind.Blob, name, last, out route);
            case "referrers":
                return ByDigest(RouteKind.Referrers, name, last, out route);
            case "manifests":
                return ByReference(name, last, out route);
            case "tags" when last is "list":
                return Named(RouteKind.Tags, name, default, out route);
            default:
                return OciError.NotFound(
                    "NAME_INVALID",
                    "The path is none of /v2/<name>/manifests/<reference>, /blobs/<digest>, /tags/list, /referrers/<digest>.");
        }
    }

    private static OciError? Upload(ReadOnlySpan<char> name, ReadOnlySpan<char> session, out OciRoute route)
    {
        route = default;
        if (!session.IsEmpty && !IsSession(session))
        {
            return OciError.NotFound("BLOB_UPLOAD_UNKNOWN", "The path names no upload that a registry could have begun.");
        }

        var error = Named(RouteKind.Upload, name, default, out route);
        if (error is null && !session.IsEmpty)
        {
            route = route with { Session = session.ToString() };
        }

        return error;
    }

    private static OciError? ByDigest(RouteKind kind, ReadOnlySpan<char> name, ReadOnlySpan<char> text, out OciRoute route)
    {
        route = default;
        return Digest.TryParse(WithColon(text), out var digest)
            ? Named(kind, name, new Reference(digest), out route)
            : OciError.DigestInvalid("The digest is not sha256: and 64, or sha512: and 128, lower-case hex digits.");
    }

    private static OciError? ByReference(ReadOnlySpan<char> name, ReadOnlySpan<char> text, out OciRoute route)
    {
        route = default;
        var plain = WithColon(text);
        if (Reference.TryParse(plain, out var reference))
        {
            return Named(RouteKind.Manifest, name, reference, out route);
        }

        return plain.Contains(':')
            ? OciError.DigestInvalid("The digest is not sha256: and 64, or sha512: and 128, lower-case hex digits.")
            : OciError.TagInvalid("A tag is 1 to 128 letters, digits, '_', '.' or '-', and begins with none of the last two.");
    }

    private static OciError? Named(RouteKind kind, ReadOnlySpan<char> name, Reference reference, out OciRoute route)
    {
        route = default;
        if (!Repository.TryParse(name, out var repository))
        {
            return OciError.NameInvalid(
                "A repository's name is lower-case letters and digits, with single '.', '_', '__' or '-' inside, and slashes between.");
        }

        route = new OciRoute(kind, repository, reference);
        return null;
    }

    private static OciError? Parsed(RouteKind kind, out OciRoute route)
    {
        route = new OciRoute(kind);
        return null;
    }

    private static ReadOnlySpan<char> WithColon(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%')) // nearly all; the comparison below is the dearest part of parsing
        {
            return text;
        }

        var encoded = text.IndexOf("%3A", StringComparison.OrdinalIgnoreCase);
        return encoded < 0 ? text : $"{text[..encoded]}:{text[(encoded + 3)..]}";
    }

    private static ReadOnlySpan<char> LastSegment(ReadOnlySpan<char> path, out ReadOnlySpan<char> before)
    {
        var slash = path.LastIndexOf('/');
        before = slash < 0 ? default : path[..slash];
        return path[(slash + 1)..];
    }
}
