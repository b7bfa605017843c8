using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>What a request to the registry names, read from the right-hand end: repositories may contain any noun.</summary>
/// <param name="Kind">What is asked for.</param>
/// <param name="Repository">Not checked; empty where there is none.</param>
/// <param name="Reference">Tag, digest or upload id.</param>
/// <param name="Digest">The digest in the path or, of uploads, in the query.</param>
internal sealed partial record RegistryPath(RequestKind Kind, string Repository, string Reference, string? Digest = null)
{
    private static readonly RegistryPath Unknown = new(RequestKind.OtherRegistry, "", "");

    /// <summary>Whether the reference is a digest; otherwise it is a tag or an upload.</summary>
    public bool IsDigest => Reference.Contains(':', StringComparison.Ordinal);

    public static RegistryPath Parse(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        if (path is "/v2/" or "/v2" or "/v2/_catalog")
        {
            return !IsRead(request.Method) ? Unknown
                : new(path == "/v2/_catalog" ? RequestKind.ListRepositories : RequestKind.Ping, "", "");
        }

        if (UploadRoute().Match(path) is { Success: true } upload)
        {
            return Upload(request, upload.Groups["repository"].Value, upload.Groups["reference"].Value);
        }

        if (Route().Match(path) is not { Success: true } match)
        {
            return Unknown;
        }

        var reference = match.Groups["reference"].Value;
        var isDigest = reference.Contains(':', StringComparison.Ordinal);
        var kind = match.Groups["noun"].Value switch
        {
            "manifests" => Manifest(request.Method, isDigest),
            "blobs" => Blob(request.Method),
            "referrers" when IsRead(request.Method) => RequestKind.ListReferrers,
            "tags" when reference == "list" && IsRead(request.Method) => RequestKind.ListTags,
            _ => RequestKind.OtherRegistry,
        };
        return new(kind, match.Groups["repository"].Value, reference, isDigest ? reference : null);
    }

    /// <summary>Whether ECR would allow a repository of this name.</summary>
    public static bool IsRepositoryName(string name) => name.Length is >= 2 and <= 256 && Name().IsMatch(name);

    public static bool IsDigestText(string text) => DigestText().IsMatch(text);

    public static bool IsTag(string text) => TagText().IsMatch(text);

    private static RegistryPath Upload(HttpRequest request, string repository, string id)
    {
        var query = request.Query;
        var digest = query.TryGetValue("mount", out var mount) ? mount
            : query.TryGetValue("digest", out var whole) ? whole
            : (string?)null;
        var kind = request.Method switch
        {
            "POST" when id.Length > 0 => RequestKind.OtherRegistry,
            "POST" when query.ContainsKey("mount") => RequestKind.MountBlob,
            "POST" when query.ContainsKey("digest") => RequestKind.UploadWhole,
            "POST" => RequestKind.StartUpload,
            _ when id.Length == 0 => RequestKind.OtherRegistry,
            "PATCH" => RequestKind.UploadPart,
            "PUT" => RequestKind.FinishUpload,
            "GET" or "HEAD" => RequestKind.UploadStatus,
            "DELETE" => RequestKind.CancelUpload,
            _ => RequestKind.OtherRegistry,
        };
        return new(kind, repository, id, digest);
    }

    private static RequestKind Manifest(string method, bool isDigest) => method switch
    {
        "GET" => isDigest ? RequestKind.GetManifestByDigest : RequestKind.GetManifestByTag,
        "HEAD" => isDigest ? RequestKind.HeadManifestByDigest : RequestKind.HeadManifestByTag,
        "PUT" => isDigest ? RequestKind.PutManifestByDigest : RequestKind.PutManifestByTag,
        "DELETE" => isDigest ? RequestKind.DeleteManifestByDigest : RequestKind.DeleteManifestByTag,
        _ => RequestKind.OtherRegistry,
    };

    private static RequestKind Blob(string method) => method switch
    {
        "GET" => RequestKind.GetBlob,
        "HEAD" => RequestKind.HeadBlob,
        "DELETE" => RequestKind.DeleteBlob,
        _ => RequestKind.OtherRegistry,
    };

    private static bool IsRead(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    [GeneratedRegex("^/v2/(?<repository>.+)/blobs/uploads/(?<reference>[^/]*)$")]
    private static partial Regex UploadRoute();

    [GeneratedRegex("^/v2/(?<repository>.+)/(?<noun>manifests|blobs|tags|referrers)/(?<reference>[^/]+)$")]
    private static partial Regex Route();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\z")]
    private static partial Regex DigestText();

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z")]
    private static partial Regex TagText();
}
