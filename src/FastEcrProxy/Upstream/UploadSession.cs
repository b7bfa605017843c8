using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>An upload as the registry names it. Holding one proves that it is one of a repository, on the registry itself.</summary>
/// <param name="Id">The last part of its path.</param>
/// <param name="Query">What the registry wants to be told with it, exactly as it was written, without <c>?</c>; empty for nothing.</param>
internal sealed record UploadSession(string Id, string Query)
{
    private const int LocationLengthMax = 4 << 10; // docker-registry's state is some 500 characters; a request line has room for twice this

    /// <summary>Where it goes on.</summary>
    public string PathIn(Repository repository) => $"/v2/{repository}/blobs/uploads/{Id}{(Query.Length == 0 ? "" : "?")}{Query}";

    /// <summary>
    /// Reads a registry's <c>Location</c>. A registry that could name another host or path could have a client carry the proxy's
    /// credentials there; so whatever is no upload of this repository is refused.
    /// </summary>
    public static Fetched<UploadSession> Of(UpstreamAnswer answer, RegistryAddress registry, Repository repository)
    {
        var location = answer.Header("Location");
        return location is { Length: > 0 and <= LocationLengthMax }
            && TryCutHost(location, registry, out var path)
            && TryRead(path, $"/v2/{repository}/blobs/uploads/", out var session)
            ? session
            : new FetchFailure(
                FetchError.BadAnswer,
                $"{answer.Host} answers status {answer.Status} with a Location that is no upload to {repository} there: "
                + "the proxy follows no other.");
    }

    /// <summary>Only names are compared: behind a load balancer a registry does not know by which scheme and port it is reached.</summary>
    private static bool TryCutHost(string location, RegistryAddress registry, out string path)
    {
        path = location;
        if (location[0] == '/')
        {
            return true; // "//host/…" is no path of an upload either
        }

        if (!Uri.TryCreate(location, UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
            || address.UserInfo.Length > 0
            || !IsOf(address.Host, registry))
        {
            return false;
        }

        var slash = location.IndexOf('/', location.IndexOf("://", StringComparison.Ordinal) + 3); // the text: an Uri would tidy it
        path = slash < 0 ? "" : location[slash..];
        return true;
    }

    private static bool IsOf(string host, RegistryAddress registry) =>
        host.Equals(registry.Root.Host, StringComparison.OrdinalIgnoreCase)
        || host.Equals(registry.Host?.RegistryName, StringComparison.OrdinalIgnoreCase);

    private static bool TryRead(string path, string uploads, out UploadSession session)
    {
        session = new UploadSession("", "");
        if (!path.StartsWith(uploads, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = path.AsSpan(uploads.Length);
        var mark = rest.IndexOf('?');
        var id = mark < 0 ? rest : rest[..mark];
        var query = mark < 0 ? default : rest[(mark + 1)..];
        if (!OciRoute.IsSession(id) || !QueryText.IsWellFormed(query))
        {
            return false;
        }

        session = new UploadSession(id.ToString(), query.ToString());
        return true;
    }
}
