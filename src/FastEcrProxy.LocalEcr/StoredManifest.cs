using System.Text.Json;

namespace FastEcrProxy.LocalEcr;

/// <summary>A manifest as it was put: exact bytes, their media type, and what referrers need to know of it.</summary>
internal sealed record StoredManifest(string Digest, string MediaType, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>The digest that this manifest is attached to; null for most.</summary>
    public string? Subject { get; private init; }

    /// <summary>Its artifactType, or its config's media type.</summary>
    public string? ArtifactType { get; private init; }

    public JsonElement? Annotations { get; private init; }

    public static StoredManifest From(ReadOnlyMemory<byte> bytes, string mediaType)
    {
        var copy = bytes.ToArray();
        var digest = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(copy));
        try
        {
            using var json = JsonDocument.Parse(copy);
            var root = json.RootElement;
            return new StoredManifest(digest, mediaType, copy)
            {
                Subject = Text(root, "subject", "digest"),
                ArtifactType = Text(root, "artifactType") ?? Text(root, "config", "mediaType"),
                Annotations = root.TryGetProperty("annotations", out var annotations) ? annotations.Clone() : null,
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Tests also put manifests that are not JSON; nobody can refer to anything with them.
            return new StoredManifest(digest, mediaType, copy);
        }
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
