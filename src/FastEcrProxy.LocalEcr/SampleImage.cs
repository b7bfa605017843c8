using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace FastEcrProxy.LocalEcr;

/// <summary>
/// A real image for linux/amd64 and linux/arm64, made in memory: it can be pulled, verified and run, and says hello.
/// The same arguments give the same digests.
/// </summary>
public sealed class SampleImage
{
    private readonly Formats _formats;
    private readonly List<LayerContent> _blobs = [];
    private readonly List<Platform> _platforms = [];

    private SampleImage(Formats formats, long layerBytes)
    {
        _formats = formats;
        foreach (var architecture in (ReadOnlySpan<string>)["amd64", "arm64"])
        {
            _platforms.Add(BuildPlatform(architecture, layerBytes));
        }

        Index = Json(WriteIndex);
        Digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Index.Span));
    }

    /// <summary>The digest of the index.</summary>
    public string Digest { get; }

    /// <summary>The index (or manifest list), byte for byte.</summary>
    public ReadOnlyMemory<byte> Index { get; }

    public string IndexMediaType => _formats.Index;

    /// <summary>The manifest of each platform; amd64 first.</summary>
    public IReadOnlyList<Platform> Platforms => _platforms;

    /// <summary>Every config and layer.</summary>
    public IReadOnlyList<LayerContent> Blobs => _blobs;

    /// <summary>Builds an OCI image.</summary>
    /// <param name="layerBytes">About how large the second layer of each platform is, in bytes; zero for no second layer.</param>
    public static SampleImage Build(int layerBytes = 0) => new(Formats.Oci, layerBytes);

    /// <summary>The same with the media types of Docker's schema 2 and a manifest list.</summary>
    /// <inheritdoc cref="Build"/>
    public static SampleImage BuildDocker(int layerBytes = 0) => new(Formats.Docker, layerBytes);

    /// <summary>Puts blobs, manifests and index into a repository and tags the index.</summary>
    /// <returns>The digest of the index.</returns>
    public string PutInto(Content content, string repository, params string[] tags)
    {
        foreach (var blob in _blobs)
        {
            content.PutBlob(repository, blob);
        }

        foreach (var platform in _platforms)
        {
            content.PutManifest(repository, platform.Manifest, _formats.Manifest);
        }

        return content.PutManifest(repository, Index, _formats.Index, tags);
    }

    private Platform BuildPlatform(string architecture, long layerBytes)
    {
        var (program, text) = (HelloProgram.For(architecture), $"Hello from {architecture}, out of the local ECR.\n");
        (string, byte[])[] files = [("bin/hello", program), ("etc/hello.txt", Encoding.UTF8.GetBytes(text))];
        List<Layer> layers = [Pack(CompressionLevel.Optimal, files)];
        if (layerBytes > 0)
        {
            var data = new byte[layerBytes];
            new Random(architecture.Length + architecture[0]).NextBytes(data);
            layers.Add(Pack(CompressionLevel.NoCompression, [("data/random.bin", data)]));
        }

        var config = LayerContent.FromBytes(Json(json => WriteConfig(json, architecture, layers)));
        _blobs.AddRange([config, .. layers.Select(layer => layer.Content)]);
        var manifest = Json(json => WriteManifest(json, config, layers));
        return new Platform(architecture, manifest, config, [.. layers.Select(layer => layer.Content)]);
    }

    private static Layer Pack(CompressionLevel level, (string Path, byte[] Bytes)[] files)
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var directory in files.Select(file => file.Path.Split('/')[0] + "/").Distinct())
            {
                writer.WriteEntry(Owned(new UstarTarEntry(TarEntryType.Directory, directory)));
            }

            foreach (var (path, bytes) in files)
            {
                using var data = new MemoryStream(bytes);
                var entry = Owned(new UstarTarEntry(TarEntryType.RegularFile, path));
                entry.DataStream = data;
                writer.WriteEntry(entry);
            }
        }

        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, level, leaveOpen: true))
        {
            gzip.Write(tar.GetBuffer(), 0, (int)tar.Length);
        }

        var diffId = SHA256.HashData(tar.GetBuffer().AsSpan(0, (int)tar.Length));
        return new Layer(LayerContent.FromBytes(zipped.ToArray()), "sha256:" + Convert.ToHexStringLower(diffId));
    }

    private static UstarTarEntry Owned(UstarTarEntry entry)
    {
        const UnixFileMode readAndRun = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        entry.Mode = readAndRun;
        entry.ModificationTime = DateTimeOffset.UnixEpoch;
        return entry;
    }

    private static void WriteConfig(Utf8JsonWriter json, string architecture, List<Layer> layers)
    {
        json.WriteString("architecture", architecture);
        json.WriteString("os", "linux");
        json.WriteString("created", "1970-01-01T00:00:00Z");
        json.WriteStartObject("config");
        json.WriteStartArray("Cmd");
        json.WriteStringValue("/bin/hello");
        json.WriteEndArray();
        json.WriteString("WorkingDir", "/");
        json.WriteEndObject();
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        json.WriteStartArray("diff_ids");
        foreach (var layer in layers)
        {
            json.WriteStringValue(layer.DiffId);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("history");
        foreach (var _ in layers)
        {
            json.WriteStartObject();
            json.WriteString("created", "1970-01-01T00:00:00Z");
            json.WriteString("created_by", "sample image");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteManifest(Utf8JsonWriter json, LayerContent config, List<Layer> layers)
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", _formats.Manifest);
        json.WritePropertyName("config");
        WriteDescriptor(json, _formats.Config, config.Digest, config.Length);
        json.WriteStartArray("layers");
        foreach (var layer in layers)
        {
            WriteDescriptor(json, _formats.Layer, layer.Content.Digest, layer.Content.Length);
        }

        json.WriteEndArray();
    }

    private void WriteIndex(Utf8JsonWriter json)
    {
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", _formats.Index);
        json.WriteStartArray("manifests");
        foreach (var platform in _platforms)
        {
            WriteDescriptor(json, _formats.Manifest, platform.Digest, platform.Manifest.Length, platform.Architecture);
        }

        json.WriteEndArray();
    }

    private static void WriteDescriptor(
        Utf8JsonWriter json, string mediaType, string digest, long size, string? architecture = null)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", mediaType);
        json.WriteString("digest", digest);
        json.WriteNumber("size", size);
        if (architecture is not null)
        {
            json.WriteStartObject("platform");
            json.WriteString("architecture", architecture);
            json.WriteString("os", "linux");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static byte[] Json(Action<Utf8JsonWriter> members)
    {
        using var text = new MemoryStream();
        // Plain "+" in media types: some readers of Docker's time do not unescape.
        var options = new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(text, options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return text.ToArray();
    }

    /// <summary>One platform of the image.</summary>
    public sealed record Platform(
        string Architecture, ReadOnlyMemory<byte> Manifest, LayerContent Config, IReadOnlyList<LayerContent> Layers)
    {
        /// <summary>The digest of the manifest.</summary>
        public string Digest { get; } = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Manifest.Span));
    }

    /// <summary>A packed layer, and the digest of what it unpacks to.</summary>
    private sealed record Layer(LayerContent Content, string DiffId);

    /// <summary>The media types of one family.</summary>
    private sealed record Formats(string Index, string Manifest, string Config, string Layer)
    {
        public static readonly Formats Oci = new(
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.oci.image.layer.v1.tar+gzip");

        public static readonly Formats Docker = new(
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.container.image.v1+json",
            "application/vnd.docker.image.rootfs.diff.tar.gzip");
    }
}
