using System.Text;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Conformance;

/// <summary>
/// What the cases of the distribution specification (v1.1, its conformance suite) are tried on: the proxy with pushes allowed,
/// before a registry with ECR's habits or one by the book, and what the suite puts there first.
/// </summary>
internal sealed class Subject : IAsyncDisposable
{
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";
    public const string LayerType = "application/vnd.oci.image.layer.v1.tar+gzip";
    public const string IndexType = "application/vnd.oci.image.index.v1+json";
    public const string Tag = "tagtest0";

    private Subject(PushRig rig) => Rig = rig;

    public PushRig Rig { get; }

    public static byte[] Config { get; } = Encoding.UTF8.GetBytes(
        """{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"author":"conformance"}""");

    public static byte[] Layer { get; } = PushRig.Bytes(65_536, seed: 7);

    public static string ConfigDigest { get; } = Pusher.DigestOf(Config);

    public static string LayerDigest { get; } = Pusher.DigestOf(Layer);

    public static byte[] Manifest { get; } = ManifestOf();

    public static string ManifestDigest { get; } = Pusher.DigestOf(Manifest);

    /// <summary>Nobody has it.</summary>
    public static string Unknown { get; } = Pusher.DigestOf("nobody has it"u8.ToArray());

    public static string Blobs { get; } = $"/v2/{PushRig.Repository}/blobs/";

    public static string Manifests { get; } = $"/v2/{PushRig.Repository}/manifests/";

    /// <param name="byTheBook">Whether the registry behind the proxy does all as the specification says; else as ECR does.</param>
    /// <param name="withContent">Whether config, layer, manifest and tag are there already.</param>
    public static async Task<Subject> StartAsync(bool byTheBook, bool withContent = true)
    {
        var subject = new Subject(await PushRig.StartAsync(byTheBook ? RegistryManners.Spec : null));
        if (withContent)
        {
            await subject.Rig.Client.PushBlobAsync(PushRig.Repository, Config);
            await subject.Rig.Client.PushBlobAsync(PushRig.Repository, Layer);
            using var put = await subject.PutAsync(Tag, Manifest);
            Assert.Equal(201, put.Status);
        }

        return subject;
    }

    /// <summary>The image's manifest, with something more in it where that is asked for.</summary>
    public static byte[] ManifestOf(string? annotation = null, string? subject = null, string? artifactType = null)
    {
        string?[] further =
        [
            artifactType is null ? null : $"\"artifactType\":\"{artifactType}\"",
            subject is null ? null : $$"""
                "subject":{"mediaType":"{{PushRig.ManifestType}}","digest":"{{subject}}","size":{{ManifestOf().Length}}}
                """,
            annotation is null ? null : $$"""
                "annotations":{"org.example.note":"{{annotation}}"}
                """,
        ];
        var text = $$"""
            {"schemaVersion":2,"mediaType":"{{PushRig.ManifestType}}",
            "config":{"mediaType":"{{ConfigType}}","digest":"{{ConfigDigest}}","size":{{Config.Length}}},
            "layers":[{"mediaType":"{{LayerType}}","digest":"{{LayerDigest}}","size":{{Layer.Length}}}]
            """;
        return Encoding.UTF8.GetBytes(string.Join(',', further.OfType<string>().Prepend(text)) + "}");
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Rig.Client.SendAsync(HttpMethod.Get, path);

    public Task<HttpResponseMessage> HeadAsync(string path) => Rig.Client.SendAsync(HttpMethod.Head, path);

    public Task<HttpResponseMessage> DeleteAsync(string path) => Rig.Client.SendAsync(HttpMethod.Delete, path);

    public Task<HttpResponseMessage> PutAsync(string reference, byte[] manifest) =>
        Rig.Client.PutManifestAsync(PushRig.Repository, reference, manifest, PushRig.ManifestType);

    public ValueTask DisposeAsync() => Rig.DisposeAsync();
}
