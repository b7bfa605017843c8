using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>An image upstream: its manifest, and the config and layers that it names, in its order.</summary>
internal sealed record TestImage(string Repository, string Tag, string Digest, IReadOnlyList<TestLayer> Blobs)
{
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>Puts one of random blobs into a repository.</summary>
    /// <param name="proxy">In front of the registry.</param>
    /// <param name="lengths">Of its blobs, in bytes.</param>
    /// <param name="tag">Names it; images of different tags have different blobs.</param>
    /// <param name="repository">Where it is put.</param>
    public static TestImage Upstream(
        ProxyUnderTest proxy, IReadOnlyList<int> lengths, string tag = "v1", string repository = TestLayer.Repository)
    {
        var seed = Encoding.ASCII.GetBytes(tag).Aggregate(17, static (sum, letter) => (sum * 31) + letter);
        TestLayer[] blobs =
            [.. lengths.Select((length, n) => TestLayer.Random(length, seed + (n * 1000)).PutInto(proxy, repository))];
        var manifest = $$"""{"schemaVersion":2,"mediaType":"{{ManifestType}}","config":{{Named(blobs[0])}},"layers":[{{
            string.Join(',', blobs.Skip(1).Select(Named))}}]}""";
        var digest = proxy.Region.Content.PutManifest(repository, Encoding.UTF8.GetBytes(manifest), ManifestType, tag);
        return new TestImage(repository, tag, digest, blobs);
    }

    public string ManifestUrl(ProxyUnderTest proxy) => $"{proxy.Url}/v2/{Repository}/manifests/{Tag}";

    /// <summary>Of all its blobs, in bytes.</summary>
    public long Length => Blobs.Sum(static blob => (long)blob.Bytes.Length);

    private static string Named(TestLayer blob) =>
        $$"""{"mediaType":"application/octet-stream","digest":"{{blob.Digest}}","size":{{blob.Bytes.Length}}}""";
}
