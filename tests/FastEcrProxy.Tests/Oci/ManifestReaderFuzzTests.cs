using System.Text;
using System.Text.Json;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class ManifestReaderFuzzTests
{
    private static readonly string A = Digests.Sha256A;
    private static readonly string B = Digests.Sha256B;
    private static readonly string C = Digests.Sha512C;

    private static readonly string[] Manifests =
    [
        $$"""
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"digest":"{{A}}","size":7},
        "layers":[{"digest":"{{B}}","size":12,"urls":["https://elsewhere.example/"]},{"size":3,"digest":"{{C}}"}]}
        """,
        $$$"""
        {"manifests":[{"digest":"{{{A}}}","size":1,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
        {"digest":"{{{B}}}","platform":{"os":"linux","architecture":"amd64"}}],"annotations":{"a":[[[{"layers":[]}]]]}}
        """,
        $$"""{"fsLayers":[{"blobSum":"{{A}}"},{"blobSum":"{{A}}"}],"history":[{"v1Compatibility":"{\"id\":\"x\"}"}]} """,
        $$$"""{"blobs":[{"digest":"{{{B}}}","mediaType":"application/vnd.oci.image.layer.nondistributable.v1.tar"}],"subject":{}} """,
        """{"config":1,"layers":{"digest":"sha256:"},"manifests":[1,null,"x",[{}],{"digest":7,"size":-1e99}]}""",
        """{"a":"\ud800","layers":[{"\u0064igest":"\u0073ha256:00"}]}""",
    ];

    [Fact]
    public void WhatIsNamed_StandsInTheManifest()
    {
        var read = 0;

        AlmostRight.Bytes(Manifests, 20_000, json =>
        {
            var named = ManifestReader.Read(json);

            Assert.Equal(named.Count, named.DistinctBy(one => one.Digest).Count());
            Assert.All(named, one => Assert.True(one.Size is null or >= 0));
            Assert.Equal(named.Select(one => one.Digest), ManifestReader.References(json));
            if (named.Count > 0)
            {
                read++;
                var texts = Texts(json);
                Assert.All(named, one => Assert.Contains(one.Digest.ToString(), texts));
            }
        });

        Assert.InRange(read, 1_000, 19_000);
    }

    [Theory]
    [InlineData('[', 2_000_000)]
    [InlineData('{', 2_000_000)]
    public void EndlessNesting_NamesNothing(char open, int depth) =>
        Assert.Empty(ManifestReader.Read(Encoding.ASCII.GetBytes("{\"layers\":" + new string(open, depth))));

    /// <summary>Every text of the document: what the reader names has to be one, whatever else is wrong.</summary>
    private static HashSet<string> Texts(byte[] json)
    {
        HashSet<string> texts = [];
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String && !reader.ValueSpan.Contains((byte)'\\'))
            {
                texts.Add(Encoding.UTF8.GetString(reader.ValueSpan));
            }
            else if (reader.TokenType is JsonTokenType.String)
            {
                try
                {
                    texts.Add(reader.GetString()!);
                }
                catch (InvalidOperationException)
                {
                    // half of a surrogate pair: no digest
                }
            }
        }

        return texts;
    }
}
