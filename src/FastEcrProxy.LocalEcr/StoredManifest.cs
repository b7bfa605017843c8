using System.Security.Cryptography;
using System.Text.Json;

namespace FastEcrProxy.LocalEcr;

/// <summary>A manifest as it was put: exact bytes, their media type, and what it refers to.</summary>
internal sealed record StoredManifest(string Digest, string MediaType, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The digest that this manifest is attached to; null for most.</summary>
    public string? Subject { get; private init; }

    /// <summary>Its artifactType, or its config's media type.</summary>
    public string? ArtifactType { get; private init; }

    /// <summary>Its mediaType, as it says itself; null when it does not.</summary>
    public string? StatedType { get; private init; }

    public JsonElement? Annotations { get; private init; }

    /// <summary>Digests of config and layers, without layers that are elsewhere by their <c>urls</c>.</summary>
    public IReadOnlyList<string> Blobs { get; private init; } = [];

    /// <summary>Digests of the manifests that an index names.</summary>
    public IReadOnlyList<string> Children { get; private init; } = [];

    /// <summary>Whether it could be read. Tests also put what cannot; nobody can refer to anything with that.</summary>
    public bool IsReadable { get; private init; }

    public static StoredManifest From(ReadOnlyMemory<byte> bytes, string mediaType)
    {
        var copy = bytes.ToArray();
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(copy));
        try
        {
            using var json = JsonDocument.Parse(copy);
            var root = json.RootElement;
            return new StoredManifest(digest, mediaType, copy)
            {
                Subject = Text(root, "subject", "digest"),
                ArtifactType = Text(root, "artifactType") ?? Text(root, "config", "mediaType"),
                StatedType = Text(root, "mediaType"),
                Annotations = root.TryGetProperty("annotations", out var annotations) ? annotations.Clone() : null,
                Blobs = [.. new[] { Text(root, "config", "digest") }.OfType<string>(), .. Digests(root, "layers")],
                Children = Digests(root, "manifests"),
                IsReadable = true,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new StoredManifest(digest, mediaType, copy);
        }
    }

    private static List<string> Digests(JsonElement root, string list)
    {
        if (!root.TryGetProperty(list, out var items))
        {
            return [];
        }

        var here = items.EnumerateArray().Where(item => !item.TryGetProperty("urls", out _));
        return [.. here.Select(item => Text(item, "digest")).OfType<string>()];
    }

    private static string? Text(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element.GetString();
    }
}
