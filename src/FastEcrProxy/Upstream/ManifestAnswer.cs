using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Reads a registry's answer about a manifest, and believes no name that the bytes do not bear out.</summary>
internal static class ManifestAnswer
{
    private const string DigestHeader = "Docker-Content-Digest";

    /// <summary>The manifest, checked against the digest asked for, or for a tag against the one that came with it.</summary>
    public static Fetched<StoredManifest> Read(UpstreamAnswer answer, Reference reference, string what)
    {
        if (answer.Status != 200)
        {
            return answer.ToFailure(what);
        }

        if (answer.Header("Content-Type") is not { Length: > 0 } mediaType)
        {
            return NoType(answer, what);
        }

        if (!answer.Bytes.Span.TrimStart(" \r\n\t"u8).StartsWith("{"u8))
        {
            return new FetchFailure(FetchError.BadAnswer, $"{answer.Host} sends something else for {what}: a manifest is a JSON object.");
        }

        var named = reference.IsDigest ? reference.Digest : NamedDigest(answer);
        if (named is { } digest && !digest.IsOf(answer.Bytes.Span))
        {
            return new FetchFailure(FetchError.DigestMismatch, $"{answer.Host} sends bytes for {what} that are not {digest}.");
        }

        return new StoredManifest(named ?? Digest.Of(answer.Bytes.Span), mediaType, answer.Bytes);
    }

    /// <summary>What a HEAD says.</summary>
    public static Fetched<ManifestHead> ReadHead(UpstreamAnswer answer, string what)
    {
        if (answer.Status != 200)
        {
            return answer.ToFailure(what);
        }

        return answer.Header("Content-Type") is { Length: > 0 } mediaType
            ? new ManifestHead(NamedDigest(answer), mediaType, answer.Message.Content.Headers.ContentLength)
            : NoType(answer, what);
    }

    private static FetchFailure NoType(UpstreamAnswer answer, string what) =>
        new(FetchError.BadAnswer, $"{answer.Host} sends {what} without a Content-Type.");

    private static Digest? NamedDigest(UpstreamAnswer answer) =>
        Digest.TryParse(answer.Header(DigestHeader), out var digest) ? digest : null;
}
