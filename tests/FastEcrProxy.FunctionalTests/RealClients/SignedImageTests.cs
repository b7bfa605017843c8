using System.Text;
using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>
/// An image for several platforms with its signature, pushed and pulled by a real client through the edge proxy of an office, the
/// proxy of a Region behind it, and ECR behind that.
/// </summary>
public sealed class SignedImageTests : RealClientTests
{
    private const string Target = "demo/signed";
    private const string SignatureType = "application/vnd.dev.cosign.artifact.sig.v1+json";
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    [Fact]
    public async Task ImageAndSignature_GoThroughTwoProxiesBothWays()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var regional = await StartProxyAsync(settings => settings with
        {
            Upstreams = [PushRule("regional", new RegistryOptions("main", settings.Upstream, settings.Ecr))],
        });
        var edge = await StartProxyAsync(settings => settings with
        {
            Upstreams =
            [
                PushRule("edge", new RegistryOptions(
                    "regional",
                    new UpstreamOptions { Endpoint = new Uri(regional.Url), Auth = RegistryAuthOptions.None },
                    new EcrOptions())),
            ],
        });
        var image = SampleImage.Build(layerBytes: 3_000_000);
        image.PutInto(regional.Region.Content, Repository, "1.0");
        regional.Region.Content.CreateRepository(Target);

        (await skopeo.CopyAsync(
            $"docker://{edge.Authority}/{Repository}:1.0", $"docker://{edge.Authority}/{Target}:1.0", "--all", "--preserve-digests"))
            .MustSucceed();
        using var client = new Pusher(new Uri(edge.Url), credentials: null);
        var signature = await SignAsync(client, image);
        using var referrers = await client.SendAsync(HttpMethod.Get, $"/v2/{Target}/referrers/{image.Digest}");

        Assert.NotNull(regional.Region.Content.Find(Target)!.ByTag("1.0"));
        var listed = Assert.Single((await referrers.JsonAsync()).GetProperty("manifests").EnumerateArray());
        Assert.Equal(signature, listed.GetProperty("digest").GetString());
        Assert.Equal(SignatureType, listed.GetProperty("artifactType").GetString());
        await PullRightAsync(skopeo, $"{edge.Authority}/{Target}:1.0", image);

        // What the office has pushed it has, whatever becomes of the line.
        await Until.TrueAsync(() => Directory.GetFiles(Path.Combine(edge.CacheDirectory, "partial")).Length == 0);
        await regional.StopAsync();
        await PullRightAsync(skopeo, $"{edge.Authority}/{Target}:1.0", image);
    }

    private static RuleOptions PushRule(string name, RegistryOptions registry) =>
        new() { Name = name, Registries = [registry], Push = true };

    /// <returns>The digest of the signature's manifest.</returns>
    private static async Task<string> SignAsync(Pusher client, SampleImage image)
    {
        var config = await client.PushBlobAsync(Target, "{}"u8.ToArray());
        var payload = Encoding.UTF8.GetBytes($$$"""{"critical":{"image":{"docker-manifest-digest":"{{{image.Digest}}}"}} }""");
        var layer = await client.PushBlobAsync(Target, payload);
        var manifest = Encoding.UTF8.GetBytes($$$"""
            {"schemaVersion":2,"mediaType":"{{{ManifestType}}}","artifactType":"{{{SignatureType}}}",
            "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{{config}}}","size":2},
            "layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"{{{layer}}}","size":{{{payload.Length}}} }],
            "subject":{"mediaType":"{{{image.IndexMediaType}}}","digest":"{{{image.Digest}}}","size":{{{image.Index.Length}}} }}
            """);
        using var put = await client.PutManifestAsync(Target, Pusher.DigestOf(manifest), manifest, ManifestType);
        Assert.Equal((201, image.Digest), (put.Status, put.Header("OCI-Subject")));
        return Pusher.DigestOf(manifest);
    }
}
