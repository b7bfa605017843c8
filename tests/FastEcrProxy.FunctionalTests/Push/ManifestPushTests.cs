using System.Text;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>Manifests and deletions: what the registry is told, what it answers, and what the cache makes of it.</summary>
public sealed class ManifestPushTests
{
    private const int BytesMax = 4 << 20;

    private static readonly byte[] Layer = PushRig.Bytes(1000);
    private static readonly string LayerDigest = Pusher.DigestOf(Layer);
    private static readonly byte[] Manifest = PushRig.ManifestOf(LayerDigest);
    private static readonly string Digest = Pusher.DigestOf(Manifest);

    [Theory]
    [InlineData("1.0")]
    [InlineData("")]
    public async Task Manifest_IsStoredWithWhatItNames(string tag)
    {
        await using var rig = await StartAsync();

        using var put = await rig.Client.PutManifestAsync(
            PushRig.Repository, tag.Length > 0 ? tag : Digest, Manifest, PushRig.ManifestType);

        Assert.Equal(201, put.Status);
        Assert.Equal($"/v2/{PushRig.Repository}/manifests/{Digest}", put.Header("Location"));
        Assert.Equal(Digest, put.Header("Docker-Content-Digest"));
        await rig.Region.Faults.GoDarkAsync();
        using var got = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/manifests/{Digest}");
        Assert.Equal((200, PushRig.ManifestType), (got.Status, got.Header("Content-Type")));
        Assert.Equal(Manifest, await got.BytesAsync());
        await rig.PullAsync(LayerDigest);
    }

    [Fact]
    public async Task TagThatIsMoved_IsSeenAtOnce()
    {
        await using var rig = await StartAsync(settings => settings with
        {
            Cache = settings.Cache with { TagFreshness = TimeSpan.FromHours(1) },
        });
        await PutAsync(rig, "1.0", Manifest);
        Assert.Equal(Digest, await DigestOfAsync(rig, "1.0"));
        var other = PushRig.ManifestOf(LayerDigest, LayerDigest);

        await PutAsync(rig, "1.0", other);

        Assert.Equal(Pusher.DigestOf(other), await DigestOfAsync(rig, "1.0"));
    }

    [Fact]
    public async Task Referrer_IsAnsweredWithItsSubject()
    {
        await using var rig = await StartAsync();
        await PutAsync(rig, "1.0", Manifest);
        var referrer = Encoding.UTF8.GetBytes(
            $$"""{"subject":{"digest":"{{Digest}}"},"schemaVersion":2,"mediaType":"{{PushRig.ManifestType}}","layers":[]}""");

        using var put = await rig.Client.PutManifestAsync(
            PushRig.Repository, Pusher.DigestOf(referrer), referrer, PushRig.ManifestType);

        Assert.Equal((201, Digest), (put.Status, put.Header("OCI-Subject")));
    }

    [Fact]
    public async Task DigestThatIsAnotherManifests_IsRefusedHere()
    {
        await using var rig = await StartAsync();

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, LayerDigest, Manifest, PushRig.ManifestType);

        Assert.Equal((400, "DIGEST_INVALID"), await Pusher.ErrorAsync(put));
        Assert.Equal(0, rig.Region.Counters.Requests(RequestKind.AnyManifestPut));
    }

    [Fact]
    public async Task ManifestOfFourMebibytes_IsTakenAndOneMoreByteIsNot()
    {
        await using var rig = await StartAsync();
        var largest = new byte[BytesMax];
        largest.AsSpan().Fill((byte)' ');
        Manifest.CopyTo(largest, 0);

        using var taken = await rig.Client.PutManifestAsync(PushRig.Repository, "large", largest, PushRig.ManifestType);
        using var refused = await rig.Client.PutManifestAsync(PushRig.Repository, "larger", [.. largest, (byte)' '], PushRig.ManifestType);
        using var chunked = await rig.Client.SendAsync(
            HttpMethod.Put, $"/v2/{PushRig.Repository}/manifests/larger", new StreamContent(new UnknownLength(largest.Length + 1)));

        Assert.Equal(201, taken.Status);
        Assert.Equal((413, "MANIFEST_INVALID"), await Pusher.ErrorAsync(refused));
        Assert.Equal((413, "MANIFEST_INVALID"), await Pusher.ErrorAsync(chunked));
        Assert.Equal(1, rig.Region.Counters.Requests(RequestKind.AnyManifestPut));
    }

    [Fact]
    public async Task MissingLayers_AreTheRegistrysWord()
    {
        await using var rig = await PushRig.StartAsync();

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, "1.0", Manifest, PushRig.ManifestType);

        Assert.Equal((404, "MANIFEST_BLOB_UNKNOWN"), await Pusher.ErrorAsync(put));
        using var got = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/manifests/{Digest}");
        Assert.Equal(404, got.Status);
    }

    [Fact]
    public async Task TagThatMayNotBeMoved_IsRefused()
    {
        await using var rig = await StartAsync(immutable: true);
        await PutAsync(rig, "1.0", Manifest);

        using var put = await rig.Client.PutManifestAsync(
            PushRig.Repository, "1.0", PushRig.ManifestOf(LayerDigest, LayerDigest), PushRig.ManifestType);

        var (status, code, message) = await put.ErrorAsync();
        Assert.Equal((400, "TAG_INVALID"), (status, code));
        Assert.Contains("cannot be overwritten because the repository is immutable", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task LostAnswer_IsFoundOut(bool immutable)
    {
        await using var rig = await StartAsync(immutable: immutable);
        rig.Region.Faults.LoseAnswers(RequestKind.PutManifestByTag);

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, "1.0", Manifest, PushRig.ManifestType);

        Assert.Equal((201, Digest), (put.Status, put.Header("Docker-Content-Digest")));
        Assert.Equal(1, rig.Region.Counters.Requests(RequestKind.PutManifestByTag));
    }

    [Fact]
    public async Task SameTagPushedAgainToAnImmutableRepository_IsThereAlready()
    {
        await using var rig = await StartAsync(immutable: true);
        await PutAsync(rig, "1.0", Manifest);
        rig.Region.Faults.Answer(
            RequestKind.PutManifestByTag, 400, body: """{"errors":[{"code":"TAG_INVALID","message":"It already exists"}]}""");

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, "1.0", Manifest, PushRig.ManifestType);

        Assert.Equal(201, put.Status);
    }

    [Fact]
    public async Task RegistryThatCannotBeReached_IsSaidSo()
    {
        await using var rig = await StartAsync();
        await rig.Region.Faults.GoDarkAsync(OriginName.Registry);

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, "1.0", Manifest, PushRig.ManifestType);

        Assert.Equal((503, "UNAVAILABLE"), await Pusher.ErrorAsync(put));
    }

    [Fact]
    public async Task ExpiredToken_IsRenewedAndTheManifestSentAgain()
    {
        await using var rig = await StartAsync();
        rig.Region.Faults.ExpireAllTokens();

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, "1.0", Manifest, PushRig.ManifestType);

        Assert.Equal(201, put.Status);
        Assert.Equal(2, rig.Region.Counters.Requests(RequestKind.PutManifestByTag));
    }

    [Theory]
    [InlineData("application/vnd.oci.image.manifest.v1+json")]
    [InlineData("application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    [InlineData(null)]
    public async Task ContentType_IsPassedOnAsItIs(string? mediaType)
    {
        using var registry = new ScriptedRegistry(_ => "201 Created\r\nOCI-Tag: 1\r\nOCI-Tag: latest");
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Upstream = settings.Upstream with { Host = null, Endpoint = registry.Address, UsesEcrToken = false },
        });
        var body = new ByteArrayContent(Manifest);
        body.Headers.TryAddWithoutValidation("Content-Type", mediaType is null ? [] : [mediaType]);

        using var put = await rig.Client.SendAsync(
            HttpMethod.Put, $"/v2/{PushRig.Repository}/manifests/{Digest}?tag=1&tag=latest&ns=127.0.0.1", body);

        Assert.Equal((201, Digest, "1, latest"), (put.Status, put.Header("Docker-Content-Digest"), put.Header("OCI-Tag")));
        var head = Assert.Single(registry.Heads).Split("\r\n");
        Assert.Equal($"PUT /v2/{PushRig.Repository}/manifests/{Digest}?tag=1&tag=latest HTTP/1.1", head[0]);
        Assert.Equal(
            mediaType is null ? [] : [$"Content-Type: {mediaType}"],
            head.Where(line => line.StartsWith("Content-Type", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task RegistryThatCallsItSomethingElse_IsNotBelieved()
    {
        using var registry = new ScriptedRegistry(_ => $"201 Created\r\nDocker-Content-Digest: {LayerDigest}");
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Upstream = settings.Upstream with { Host = null, Endpoint = registry.Address, UsesEcrToken = false },
        });

        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, "1.0", Manifest, PushRig.ManifestType);

        Assert.Equal((502, "UNKNOWN"), await Pusher.ErrorAsync(put));
        await rig.Proxy.MeasuredAsync(1, "fastecr_digest_mismatches_total");
    }

    [Theory]
    [InlineData("1.0", 200)]
    [InlineData("", 404)]
    public async Task Deletion_IsPassedOnAndForgottenHere(string tag, int digestAfterwards)
    {
        await using var rig = await StartAsync(settings => settings with
        {
            Cache = settings.Cache with { TagFreshness = TimeSpan.FromHours(1) },
        });
        await PutAsync(rig, "1.0", Manifest);
        await PutAsync(rig, "2.0", Manifest);
        Assert.Equal(Digest, await DigestOfAsync(rig, "1.0"));
        Assert.Equal(Digest, await DigestOfAsync(rig, "2.0"));

        using var deleted = await rig.Client.SendAsync(
            HttpMethod.Delete, $"/v2/{PushRig.Repository}/manifests/{(tag.Length > 0 ? tag : Digest)}");

        Assert.Equal(202, deleted.Status);
        using var byTag = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/manifests/1.0");
        using var byDigest = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/manifests/{Digest}");
        Assert.Equal((404, digestAfterwards), (byTag.Status, byDigest.Status));
    }

    [Fact]
    public async Task DeletedManifest_IsForgottenAcrossARestart()
    {
        await using var rig = await StartAsync();
        await PutAsync(rig, "1.0", Manifest);
        using var deleted = await rig.Client.SendAsync(HttpMethod.Delete, $"/v2/{PushRig.Repository}/manifests/{Digest}");

        await rig.Proxy.StopAsync();
        await rig.Proxy.StartAgainAsync();

        using var again = new Pusher(new Uri(rig.Proxy.Url), credentials: null);
        using var got = await again.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/manifests/{Digest}");
        Assert.Equal(404, got.Status);
    }

    [Theory]
    [InlineData("/v2/team/app/manifests/none", 404, "MANIFEST_UNKNOWN")]
    [InlineData("/v2/team/none/manifests/1.0", 404, "NAME_UNKNOWN")]
    public async Task DeletionThatTheRegistryRefuses_IsItsWord(string path, int status, string code)
    {
        await using var rig = await StartAsync();

        using var deleted = await rig.Client.SendAsync(HttpMethod.Delete, path);

        Assert.Equal((status, code), await Pusher.ErrorAsync(deleted));
    }

    [Fact]
    public async Task LayerThatEcrDoesNotDelete_StaysHereToo()
    {
        await using var rig = await StartAsync();

        using var deleted = await rig.Client.SendAsync(HttpMethod.Delete, $"/v2/{PushRig.Repository}/blobs/{LayerDigest}");

        Assert.Equal((405, "UNSUPPORTED"), await Pusher.ErrorAsync(deleted));
        await rig.Region.Faults.GoDarkAsync();
        await rig.PullAsync(LayerDigest);
    }

    [Fact]
    public async Task DeletedBlob_IsForgottenHereToo()
    {
        await using var rig = await PushRig.StartAsync(RegistryManners.Spec);
        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);
        await rig.CachedAsync(LayerDigest);

        using var deleted = await rig.Client.SendAsync(HttpMethod.Delete, $"/v2/{PushRig.Repository}/blobs/{LayerDigest}");
        using var got = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/blobs/{LayerDigest}");

        Assert.Equal((202, 404), (deleted.Status, got.Status));
    }

    private static async Task<PushRig> StartAsync(
        Func<ProxySettings, ProxySettings>? settings = null, bool immutable = false)
    {
        var repository = new RepositorySettings { TagMutability = immutable ? TagMutability.Immutable : TagMutability.Mutable };
        var rig = await PushRig.StartAsync(settings: settings, repository: repository);
        await rig.Client.PushBlobAsync(PushRig.Repository, Layer);
        await rig.CachedAsync(LayerDigest);
        return rig;
    }

    private static async Task PutAsync(PushRig rig, string tag, byte[] manifest)
    {
        using var put = await rig.Client.PutManifestAsync(PushRig.Repository, tag, manifest, PushRig.ManifestType);
        Assert.Equal(201, put.Status);
    }

    private static async Task<string?> DigestOfAsync(PushRig rig, string tag)
    {
        using var got = await rig.Client.SendAsync(HttpMethod.Get, $"/v2/{PushRig.Repository}/manifests/{tag}");
        return got.Header("Docker-Content-Digest");
    }

    /// <summary>A body of which nobody says beforehand how long it is.</summary>
    private sealed class UnknownLength(int length) : MemoryStream(new byte[length])
    {
        public override bool CanSeek => false;
    }
}
