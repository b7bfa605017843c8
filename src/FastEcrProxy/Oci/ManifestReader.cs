using System.Text.Json;

namespace FastEcrProxy.Oci;

/// <summary>Finds what a manifest refers to: what a repository has by it, and what a client will ask for next.</summary>
/// <remarks>
/// Reads image manifests and indexes of OCI and Docker, artifact manifests and Docker's schema 1 by the names of their
/// fields alone: clients believe those, whatever the media type says. A manifest's <c>subject</c> is no part of it, and
/// neither is a layer that may be elsewhere (<c>urls</c>, foreign or non-distributable types): registries take a manifest
/// that names one without having it, so naming it proves nothing. What is two kinds of manifest at once, or says something
/// twice, names nothing: a registry looks at one of them, and whoever wrote the other would have anything as theirs.
/// </remarks>
internal static class ManifestReader
{
    private const int DepthMax = 32; // real manifests nest six levels deep

    private static readonly JsonReaderOptions Options = new() { MaxDepth = DepthMax };

    /// <summary>The names of all that is named, each once, in the order of the text. None where it is no manifest.</summary>
    public static IReadOnlyList<Digest> References(ReadOnlySpan<byte> json) => [.. Read(json).Select(static named => named.Digest)];

    /// <summary>Config, layers, blobs and manifests named, each once, in the order of the text. None where it is no manifest.</summary>
    public static IReadOnlyList<Descriptor> Read(ReadOnlySpan<byte> json)
    {
        if (json.Length > StoredManifest.BytesMax)
        {
            return [];
        }

        try
        {
            List<Descriptor> found = [];
            ReadManifest(json, found);
            return [.. found.DistinctBy(static named => named.Digest)];
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return []; // no JSON, nested too deep, or a text that is no Unicode
        }
    }

    private static void ReadManifest(ReadOnlySpan<byte> json, List<Descriptor> found)
    {
        var reader = new Utf8JsonReader(json, Options);
        if (!reader.Read() || reader.TokenType is not JsonTokenType.StartObject)
        {
            return;
        }

        var kinds = Parts.None;
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var (part, before) = (PartOf(ref reader), found.Count);
            switch (part)
            {
                case Parts.Config:
                    reader.Read();
                    ReadDescriptor(ref reader, "digest"u8, isManifest: false, found);
                    break;
                case Parts.None:
                    reader.Skip();
                    break;
                default:
                    ReadDescriptors(ref reader, part is Parts.FsLayers ? "blobSum"u8 : "digest"u8, part is Parts.Manifests, found);
                    break;
            }

            if (found.Count > before && (kinds & part) != Parts.None)
            {
                throw new JsonException("The manifest says something twice.");
            }

            kinds |= found.Count > before ? part : Parts.None;
        }

        reader.Read(); // throws where something follows the manifest
        if ((kinds & ~Parts.Image) != Parts.None && kinds is not (Parts.Manifests or Parts.FsLayers or Parts.Blobs))
        {
            found.Clear();
        }
    }

    private static Parts PartOf(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("config"u8) ? Parts.Config
        : reader.ValueTextEquals("layers"u8) ? Parts.Layers
        : reader.ValueTextEquals("manifests"u8) ? Parts.Manifests
        : reader.ValueTextEquals("fsLayers"u8) ? Parts.FsLayers
        : reader.ValueTextEquals("blobs"u8) ? Parts.Blobs
        : Parts.None;

    private static void ReadDescriptors(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, bool isManifest, List<Descriptor> found)
    {
        reader.Read();
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType is not JsonTokenType.EndArray)
        {
            ReadDescriptor(ref reader, name, isManifest, found);
        }
    }

    /// <summary>From the first to the last token of whatever stands where a descriptor should.</summary>
    private static void ReadDescriptor(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, bool isManifest, List<Descriptor> found)
    {
        if (reader.TokenType is not JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        (Digest? named, long? size, Platform? platform, var isElsewhere, var isTwice) = (null, null, null, false, false);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isDigest = reader.ValueTextEquals(name);
            var isSize = reader.ValueTextEquals("size"u8);
            var isPlatform = reader.ValueTextEquals("platform"u8);
            var isType = reader.ValueTextEquals("mediaType"u8);
            var isUrls = reader.ValueTextEquals("urls"u8);
            isTwice |= isDigest && named is not null;
            reader.Read();
            if (isDigest && reader.TokenType is JsonTokenType.String && Digest.TryParse(reader.GetString(), out var digest))
            {
                named = digest;
            }

            isElsewhere |= (isUrls && reader.TokenType is JsonTokenType.StartArray)
                || (isType && reader.TokenType is JsonTokenType.String && IsForeign(reader.GetString()!));
            size = isSize && reader.TokenType is JsonTokenType.Number && reader.TryGetInt64(out var bytes) && bytes >= 0 ? bytes : size;
            if (isPlatform && isManifest && reader.TokenType is JsonTokenType.StartObject)
            {
                platform = ReadPlatform(ref reader);
            }

            reader.Skip();
        }

        if (named is { } reference && !isElsewhere && !isTwice)
        {
            found.Add(new Descriptor(reference, isManifest) { Size = size, Platform = platform });
        }
    }

    /// <summary>From the first to the last token of a platform; null where it does not say both of its main parts.</summary>
    private static Platform? ReadPlatform(ref Utf8JsonReader reader)
    {
        (string? os, string? architecture, string? variant) = (null, null, null);
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName)
        {
            var isOs = reader.ValueTextEquals("os"u8);
            var isArchitecture = reader.ValueTextEquals("architecture"u8);
            var isVariant = reader.ValueTextEquals("variant"u8);
            reader.Read();
            var text = (isOs || isArchitecture || isVariant) && reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
            os = isOs ? text : os;
            architecture = isArchitecture ? text : architecture;
            variant = isVariant && text is { Length: > 0 } ? text : variant;
            reader.Skip();
        }

        return os is null || architecture is null ? null : new Platform(os, architecture, variant);
    }

    private static bool IsForeign(string mediaType) =>
        mediaType.Contains("foreign", StringComparison.OrdinalIgnoreCase)
        || mediaType.Contains("nondistributable", StringComparison.OrdinalIgnoreCase);

    /// <summary>The fields of a manifest that name something; one kind has config and layers, each other one of the rest.</summary>
    [Flags]
    private enum Parts
    {
        None = 0,
        Config = 1,
        Layers = 2,
        Image = Config | Layers,
        Manifests = 4,
        FsLayers = 8,
        Blobs = 16,
    }
}
