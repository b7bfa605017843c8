using System.Text;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>The files that are pulled: made once, the same in every run, kept between runs.</summary>
internal sealed class Stock(string folder)
{
    private const int PieceBytes = 1 << 20;
    private const int LayersOfAManifest = 11; // then it is a little over 2 KiB, as many are

    public string Folder => folder;

    /// <summary>Layers that no compression and no memory tricks make smaller.</summary>
    public IReadOnlyList<string> Layers(int count, long bytes) => [.. Enumerable.Range(1, count).Select(seed => Layer(bytes, seed))];

    public IReadOnlyList<string> Manifests(int count) => [.. Enumerable.Range(1, count).Select(Manifest)];

    private string Layer(long bytes, int seed)
    {
        var path = Path.Combine(folder, $"layer-{bytes}-{seed}");
        if (new FileInfo(path) is { Exists: true, Length: var length } && length == bytes)
        {
            return path;
        }

        Directory.CreateDirectory(folder);
        var random = new Random(seed);
        var piece = new byte[PieceBytes];
        using var file = File.OpenHandle(path + ".new", FileMode.Create, FileAccess.Write);
        for (var offset = 0L; offset < bytes; offset += piece.Length)
        {
            random.NextBytes(piece);
            RandomAccess.Write(file, piece.AsSpan(0, (int)Math.Min(piece.Length, bytes - offset)), offset);
        }

        File.Move(path + ".new", path, overwrite: true);
        return path;
    }

    private string Manifest(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":""");
        text.Append(Descriptor(random, "config.v1+json", 1500)).Append(",\"layers\":[");
        text.AppendJoin(',', Enumerable.Range(1, LayersOfAManifest).Select(_ => Descriptor(random, "layer.v1.tar+gzip", 20_000_000)));
        text.Append("]}");
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"manifest-{seed}.json");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    private static string Descriptor(Random random, string type, int size)
    {
        var hash = new byte[32];
        random.NextBytes(hash);
        var digest = "sha256:" + Convert.ToHexStringLower(hash);
        return $$"""{"mediaType":"application/vnd.oci.image.{{type}}","digest":"{{digest}}","size":{{size}}}""";
    }
}
