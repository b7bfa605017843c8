using FastEcrProxy.Oci;

namespace FastEcrProxy.Server;

/// <summary>An image as people write it: <c>registry.example.com/team/app:1.2</c>, <c>team/app@sha256:…</c>, <c>team/app</c>.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Host">What the registry is called there, with port; null where it is not said.</param>
/// <param name="Repository">Without the host.</param>
/// <param name="Reference">The digest where there is one, whatever tag stands before it; else the tag, or <c>latest</c>.</param>
internal sealed record ImageName(string Text, string? Host, Repository Repository, Reference Reference)
{
    private const string DefaultTag = "latest";

    /// <summary>The host without its port, as rules have it; empty where it is not said.</summary>
    public string HostName =>
        Host is null ? "" : Host.LastIndexOf(':') is > 0 and var colon && !Host.EndsWith(']') ? Host[..colon] : Host;

    /// <summary>Reads it as docker does: what stands before the first slash is a host if it could be no repository's name.</summary>
    /// <returns>The image, or one sentence on what is wrong.</returns>
    public static (ImageName? Image, string? Problem) Read(string text)
    {
        var slash = text.IndexOf('/');
        var host = slash > 0 && IsHost(text[..slash]) ? text[..slash] : null;
        var rest = host is null ? text : text[(slash + 1)..];
        var at = rest.IndexOf('@');
        var named = at < 0 ? rest : rest[..at];
        var colon = named.LastIndexOf(':');
        var (name, tag) = colon > named.LastIndexOf('/') ? (named[..colon], named[(colon + 1)..]) : (named, DefaultTag);
        if (!Repository.TryParse(name, out var repository))
        {
            return (null, $"'{text}' names no image: write registry.example.com/team/app:1.2, in lower-case letters.");
        }

        if (!Reference.TryParse(tag, out var reference) || reference.IsDigest)
        {
            return (null, $"'{text}': '{tag}' is no tag: up to 128 letters, digits, '_', '.' or '-'.");
        }

        if (at >= 0 && (!Reference.TryParse(rest.AsSpan(at + 1), out reference) || !reference.IsDigest))
        {
            return (null, $"'{text}': what follows '@' is no digest: sha256: and 64 lower-case hex digits.");
        }

        return (new ImageName(text, host, repository, reference), null);
    }

    public override string ToString() => Text;

    private static bool IsHost(string first) => first.Contains('.') || first.Contains(':') || first == "localhost";
}
