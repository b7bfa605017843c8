using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>What a request to the registry names, read from the right-hand end: repositories may contain any noun.</summary>
internal sealed partial record RegistryPath(RequestKind Kind, string Repository, string Reference)
{
    /// <summary>Whether the reference is a digest; otherwise it is a tag.</summary>
    public bool IsDigest => Reference.Contains(':', StringComparison.Ordinal);

    public string? Digest => IsDigest ? Reference : null;

    public static RegistryPath Parse(HttpRequest request)
    {
        var path = request.Path.Value ?? "";
        var isHead = HttpMethods.IsHead(request.Method);
        if (!isHead && !HttpMethods.IsGet(request.Method))
        {
            return new(RequestKind.OtherRegistry, "", "");
        }

        if (path is "/v2/" or "/v2")
        {
            return new(RequestKind.Ping, "", "");
        }

        if (path == "/v2/_catalog")
        {
            return new(RequestKind.ListRepositories, "", "");
        }

        var match = Route().Match(path);
        if (!match.Success)
        {
            return new(RequestKind.OtherRegistry, "", "");
        }

        var reference = match.Groups["reference"].Value;
        var isDigest = reference.Contains(':', StringComparison.Ordinal);
        var kind = match.Groups["noun"].Value switch
        {
            "manifests" when isDigest => isHead ? RequestKind.HeadManifestByDigest : RequestKind.GetManifestByDigest,
            "manifests" => isHead ? RequestKind.HeadManifestByTag : RequestKind.GetManifestByTag,
            "blobs" => isHead ? RequestKind.HeadBlob : RequestKind.GetBlob,
            "referrers" => RequestKind.ListReferrers,
            "tags" when reference == "list" => RequestKind.ListTags,
            _ => RequestKind.OtherRegistry,
        };
        return new(kind, match.Groups["repository"].Value, reference);
    }

    /// <summary>Whether ECR would allow a repository of this name.</summary>
    public static bool IsRepositoryName(string name) => name.Length is >= 2 and <= 256 && Name().IsMatch(name);

    public static bool IsDigestText(string text) => DigestText().IsMatch(text);

    [GeneratedRegex("^/v2/(?<repository>.+)/(?<noun>manifests|blobs|tags|referrers)/(?<reference>[^/]+)$")]
    private static partial Regex Route();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})\z")]
    private static partial Regex DigestText();
}
