using System.Text.Json;

namespace FastEcrProxy.Oci;

/// <summary>Finds what a manifest refers to, so that a repository is known to have it.</summary>
/// <remarks>
/// Reads image manifests and indexes of OCI and Docker, artifact manifests and Docker's schema 1 by the names of their
/// fields alone: clients believe those, whatever the media type says. A manifest's <c>subject</c> is no part of it, and
/// neither is a layer that may be elsewhere (<c>urls</c>, foreign or non-distributable types): registries take a manifest
/// that names one without having it, so naming it proves nothing.
/// </remarks>
internal static class ManifestReader
{
    private const int DepthMax = 32; // real manifests nest six levels deep

    private static readonly JsonReaderOptions Options = new() { MaxDepth = DepthMax };

    /// <summary>Config, layers, blobs and manifests named, each once, in the order of the text. None where it is no manifest.</summary>
    public static IReadOnlyList<Digest> References(ReadOnlySpan<byte> json)
    {
        if (json.Length > StoredManifest.BytesMax)
        {
            return [];
        }

        try
        {
            List<Digest> found = [];
            ReadManifest(json, found);
            return [.. found.Distinct()];
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return []; // no JSON, nested too deep, or a text that is no Unicode
        }
    }

    private static void ReadManifest(ReadOnlySpan<byte> json, List<Digest> found)
    {
        var reader = new Utf8JsonReader(json, Options);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
        {
            return;
        }

        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("config"u8))
            {
                reader.Read();
                ReadDescriptor(ref reader, "digest"u8, found);
            }
            else if (reader.ValueTextEquals("fsLayers"u8))
            {
                ReadDescriptors(ref reader, "blobSum"u8, found);
            }
            else if (reader.ValueTextEquals("layers"u8) || reader.ValueTextEquals("manifests"u8) || reader.ValueTextEquals("blobs"u8))
            {
                ReadDescriptors(ref reader, "digest"u8, found);
            }
            else
            {
                reader.Skip();
            }
        }

        reader.Read(); // throws where something follows the manifest
    }

    private static void ReadDescriptors(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, List<Digest> found)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            ReadDescriptor(ref reader, name, found);
        }
    }

    /// <summary>From the first to the last token of whatever stands where a descriptor should.</summary>
    private static void ReadDescriptor(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, List<Digest> found)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        Digest? named = null;
        var isElsewhere = false;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isDigest = reader.ValueTextEquals(name);
            var isType = reader.ValueTextEquals("mediaType"u8);
            var isUrls = reader.ValueTextEquals("urls"u8);
            reader.Read();
            if (isDigest && reader.TokenType is JsonTokenType.String && Digest.TryParse(reader.GetString(), out var digest))
            {
                named = digest;
            }

            isElsewhere |= (isUrls && reader.TokenType is JsonTokenType.StartArray)
                || (isType && reader.TokenType is JsonTokenType.String && IsForeign(reader.GetString()!));
            reader.Skip();
        }

        if (named is { } reference && !isElsewhere)
        {
            found.Add(reference);
        }
    }

    private static bool IsForeign(string mediaType) =>
        mediaType.Contains("foreign", StringComparison.OrdinalIgnoreCase)
        || mediaType.Contains("nondistributable", StringComparison.OrdinalIgnoreCase);
}
