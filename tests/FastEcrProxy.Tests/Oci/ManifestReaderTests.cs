using System.Text;
using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class ManifestReaderTests
{
    private static readonly string A = Digests.Sha256A;
    private static readonly string B = Digests.Sha256B;
    private static readonly string C = Digests.Sha512C;

    [Fact]
    public void ImageManifest_HasItsConfigAndLayersButNotItsSubject()
    {
        var subject = "sha256:" + new string('d', 64);

        var found = References(
            $$"""
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.oci.image.manifest.v1+json",
              "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": "{{A}}", "size": 7 },
              "layers": [
                { "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": "{{B}}", "annotations": { "digest": "no" } },
                { "size": 2, "data": "aGk=", "digest": "{{C}}" }
              ],
              "subject": { "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "{{subject}}", "size": 3 },
              "annotations": { "config": "{{subject}}", "layers": "none" }
            }
            """);

        Assert.Equal([A, B, C], found);
    }

    [Fact]
    public void Index_HasItsManifests()
    {
        var found = References(
            $$"""
            {
              "schemaVersion": 2,
              "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
              "manifests": [
                { "digest": "{{A}}", "platform": { "architecture": "amd64", "os": "linux", "os.features": ["x"] } },
                { "digest": "{{B}}", "platform": { "architecture": "arm64", "os": "linux" } }
              ]
            }
            """);

        Assert.Equal([A, B], found);
    }

    [Fact]
    public void Descriptors_HaveSizeAndPlatformWhereTheTextSaysThem()
    {
        var index = ManifestReader.Read(Encoding.UTF8.GetBytes(
            $$"""
            {
              "manifests": [
                { "digest": "{{A}}", "size": 7,
                  "platform": { "os": "linux", "architecture": "arm64", "variant": "v8", "os.version": "1" } },
                { "digest": "{{B}}", "size": "7", "platform": { "os": "linux" } },
                { "digest": "{{C}}", "size": -1, "platform": [ { "os": "linux", "architecture": "arm" } ] }
              ]
            }
            """));
        var image = ManifestReader.Read(Encoding.UTF8.GetBytes(
            $$"""{"config":{"digest":"{{A}}","size":5,"platform":{"os":"x","architecture":"y"} },"layers":[{"digest":"{{B}}"}]}"""));

        Assert.Equal(
            [
                new Descriptor(Digests.Parse(A), IsManifest: true) { Size = 7, Platform = new Platform("linux", "arm64", "v8") },
                new Descriptor(Digests.Parse(B), IsManifest: true),
                new Descriptor(Digests.Parse(C), IsManifest: true),
            ],
            index);
        Assert.Equal(
            [new Descriptor(Digests.Parse(A), IsManifest: false) { Size = 5 }, new Descriptor(Digests.Parse(B), IsManifest: false)], image);
    }

    [Fact]
    public void SchemaOne_HasItsLayersOnce()
    {
        var found = References(
            $$"""
            {
              "schemaVersion": 1, "name": "a", "tag": "b", "architecture": "amd64",
              "fsLayers": [ { "blobSum": "{{A}}" }, { "blobSum": "{{B}}" }, { "blobSum": "{{A}}" } ],
              "history": [ { "v1Compatibility": "{\"digest\":\"{{C}}\"}" } ],
              "signatures": [ { "header": { "jwk": { "kid": "x" } }, "signature": "y", "protected": "z" } ]
            }
            """);

        Assert.Equal([A, B], found);
    }

    [Fact]
    public void ArtifactManifest_HasItsBlobs() =>
        Assert.Equal([A, B], References($$"""{"blobs":[{"digest":"{{A}}"},{"digest":"{{B}}"}],"subject":{"digest":"{{C}}"} }"""));

    [Theory]
    [InlineData("""{"urls":["https://example.com/x"],"digest":"DIGEST"}""")]
    [InlineData("""{"digest":"DIGEST","mediaType":"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}""")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd","digest":"DIGEST"}""")]
    public void LayerThatMayBeElsewhere_ProvesNothing(string layer) =>
        Assert.Equal([B], References($$"""{"layers":[{{layer.Replace("DIGEST", A, StringComparison.Ordinal)}},{"digest":"{{B}}"}]}"""));

    [Fact]
    public void EscapedText_IsRead() =>
        Assert.Equal([A], References($$"""{"\u006cayers":[{"d\u0069gest":"{{A.Replace(":", "\\u003a", StringComparison.Ordinal)}}"}]}"""));

    [Fact]
    public void PartOfTheWrongType_IsPassedOver()
    {
        var found = References(
            $$"""
            {
              "config": [ { "digest": "{{B}}" } ],
              "layers": { "digest": "{{B}}" },
              "fsLayers": "{{B}}",
              "blobs": null,
              "manifests": [ 1, null, "{{B}}", [ { "digest": "{{B}}" } ], { "digest": [ "{{B}}" ] }, { "digest": { "digest": "{{B}}" } },
                             { "digest": "sha256:short" }, { "digest": 5 }, { }, { "digest": "{{A}}" } ]
            }
            """);

        Assert.Equal([A], found);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("7")]
    [InlineData("[{\"layers\":[{\"digest\":\"A\"}]}]")]
    [InlineData("\"layers\"")]
    [InlineData("{\"layers\":[{\"digest\":\"A\"}]")]
    [InlineData("{\"layers\":[{\"digest\":\"A\"}]} {}")]
    [InlineData("{\"layers\":[{\"digest\":\"A\"}],}")]
    [InlineData("{\"layers\":[{\"digest\":\"A\"}] /* comment */ }")]
    [InlineData("\uFEFF{\"layers\":[{\"digest\":\"A\"}]}")]
    [InlineData("{\"layers\":[{\"digest\":\"A\"}],\"config\":{\"digest\":\"\\ud800\"}}")]
    [InlineData("<html><body>404</body></html>")]
    public void NoManifest_HasNothing(string text) =>
        Assert.Empty(References(text.Replace("\"A\"", $"\"{A}\"", StringComparison.Ordinal)));

    /// <summary>A registry looks at one of two readings; whoever wrote it would have what the other one names.</summary>
    [Theory]
    [InlineData("""{"config":{"digest":"A"},"layers":[{"digest":"B"}],"manifests":[{"digest":"C"}]}""")]
    [InlineData("""{"layers":[{"digest":"A"}],"blobs":[{"digest":"B"}]}""")]
    [InlineData("""{"layers":[{"digest":"A"}],"fsLayers":[{"blobSum":"B"}]}""")]
    [InlineData("""{"manifests":[{"digest":"A"}],"blobs":[{"digest":"B"}]}""")]
    [InlineData("""{"layers":[{"digest":"A"}],"layers":[{"digest":"B"}]}""")]
    [InlineData("""{"layers":[{"digest":"A"}],"l\u0061yers":[{"digest":"B"}]}""")]
    [InlineData("""{"config":{"digest":"A"},"config":{"digest":"B"}}""")]
    [InlineData("""{"layers":[{"digest":"A","digest":"B"}]}""")]
    public void WhatCanBeReadInTwoWays_HasNothing(string json) => Assert.Empty(References(
        json.Replace("\"A\"", $"\"{A}\"", StringComparison.Ordinal)
            .Replace("\"B\"", $"\"{B}\"", StringComparison.Ordinal)
            .Replace("\"C\"", $"\"{C}\"", StringComparison.Ordinal)));

    [Fact]
    public void TextThatIsNoUnicode_HasNothing()
    {
        byte[] json = [.. "{\"layers\":[{\"digest\":\""u8, 0xFF, 0xC0, .. "\"}]}"u8];

        Assert.Empty(ManifestReader.References(json));
    }

    [Fact]
    public void DeepNesting_HasNothing()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);

        Assert.Empty(References($$"""{"layers":[{"digest":"{{A}}"}],"annotations":{{deep}} }"""));
    }

    [Fact]
    public void TextLargerThanAManifestMayBe_IsNotRead()
    {
        var json = $$"""{"layers":[{"digest":"{{A}}"}]}""";

        Assert.Equal([A], References(json.PadRight(StoredManifest.BytesMax)));
        Assert.Empty(References(json.PadRight(StoredManifest.BytesMax + 1)));
    }

    [Fact]
    public void AnyBytes_AreReadWithoutException() =>
        Gen.Byte.Array.Sample(bytes => ManifestReader.References(bytes).Count == 0);

    [Fact]
    public void DamagedManifest_IsReadWithoutException()
    {
        var whole = Encoding.UTF8.GetBytes(
            $$"""{"config":{"digest":"{{A}}"},"layers":[{"digest":"{{B}}","urls":["x"]}],"manifests":[{"digest":"{{C}}"}]}""");
        string[] known = [A, B, C];

        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, whole.Length]).Sample(
            (at, damage, length) =>
            {
                var damaged = whole.ToArray();
                damaged[at] = damage;
                var cut = ManifestReader.References(damaged.AsSpan(0, length));
                var changed = ManifestReader.References(damaged);

                var mayBeChanged = changed.Count(digest => !known.Contains(digest.ToString())) <= 1;
                var endsWithTheDamage = length == at + 1; // which may be the brace that makes it whole
                return mayBeChanged && (length == whole.Length || endsWithTheDamage || cut.Count == 0);
            },
            iter: 20_000);
    }

    private static IEnumerable<string> References(string json) =>
        ManifestReader.References(Encoding.UTF8.GetBytes(json)).Select(digest => digest.ToString());
}
