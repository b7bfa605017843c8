using System.Text;
using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class RegistryManifestChangesTests : IAsyncLifetime
{
    private const string Repository = "demo/pushed";
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string OciIndex = "application/vnd.oci.image.index.v1+json";

    private LocalEcrServer _server = null!;
    private Pusher _pusher = null!;

    private LocalRegion Region => _server.Main;

    public async ValueTask InitializeAsync()
    {
        _server = await LocalEcrServer.StartAsync(cancel: EcrAsker.Cancel);
        _pusher = new Pusher(Region);
        Region.Content.CreateRepository(Repository);
    }

    public async ValueTask DisposeAsync()
    {
        _pusher.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task PushedManifest_IsServedByteForByte_ByTagAndDigest()
    {
        var manifest = Manifest(await _pusher.PushBlobAsync(Repository, [1]));
        var digest = Pusher.DigestOf(manifest);

        using var put = await _pusher.PutManifestAsync(Repository, "v1", manifest, OciManifest);

        Assert.Equal((201, digest), ((int)put.StatusCode, Pusher.Header(put, "Docker-Content-Digest")));
        Assert.Equal($"{Region.Registry}v2/{Repository}/manifests/{digest}", put.Headers.Location!.OriginalString);
        Assert.Null(Pusher.Header(put, "OCI-Subject"));
        foreach (var reference in new[] { "v1", digest })
        {
            using var got = await _pusher.SendAsync(HttpMethod.Get, $"/v2/{Repository}/manifests/{reference}");
            Assert.Equal(OciManifest, got.Content.Headers.ContentType!.ToString());
            Assert.Equal(manifest, await got.Content.ReadAsByteArrayAsync(EcrAsker.Cancel));
        }
    }

    [Fact]
    public async Task ManifestByDigest_MustBeThatOne()
    {
        var manifest = Manifest(await _pusher.PushBlobAsync(Repository, [1]));

        using var right = await _pusher.PutManifestAsync(Repository, Pusher.DigestOf(manifest), manifest, OciManifest);
        using var wrong = await _pusher.PutManifestAsync(Repository, Pusher.DigestOf([]), manifest, OciManifest);

        Assert.Equal(201, (int)right.StatusCode);
        Assert.Equal((400, "MANIFEST_INVALID"), await Pusher.ErrorAsync(wrong));
        Assert.Equal(2, Region.Counters.Requests(RequestKind.PutManifestByDigest));
    }

    [Fact]
    public async Task ManifestWithoutItsLayers_AndIndexWithoutItsManifests_AreRefused()
    {
        var layer = Pusher.DigestOf([9]);
        var manifest = Manifest(layer);
        var index = Encoding.UTF8.GetBytes(
            $$"""{"mediaType":"{{OciIndex}}","manifests":[{"digest":"{{Pusher.DigestOf(manifest)}}"}]}""");

        using var noLayer = await _pusher.PutManifestAsync(Repository, "v1", manifest, OciManifest);
        using var noManifest = await _pusher.PutManifestAsync(Repository, "v1", index, OciIndex);
        await _pusher.PushBlobAsync(Repository, [9]);
        using var whole = await _pusher.PutManifestAsync(Repository, Pusher.DigestOf(manifest), manifest, OciManifest);
        using var wholeIndex = await _pusher.PutManifestAsync(Repository, "v1", index, OciIndex);

        Assert.Equal((404, "MANIFEST_BLOB_UNKNOWN"), await Pusher.ErrorAsync(noLayer));
        Assert.Contains($"Layers with digests '[{layer}]'", await TextAsync(noLayer), StringComparison.Ordinal);
        Assert.Equal((404, "MANIFEST_BLOB_UNKNOWN"), await Pusher.ErrorAsync(noManifest));
        Assert.Contains("Images with digests", await TextAsync(noManifest), StringComparison.Ordinal);
        Assert.Equal((201, 201), ((int)whole.StatusCode, (int)wholeIndex.StatusCode));
    }

    [Theory]
    [InlineData(TagMutability.Mutable, "v1", 201)]
    [InlineData(TagMutability.Immutable, "v1", 400)]
    [InlineData(TagMutability.ImmutableWithExclusion, "v1", 400)]
    [InlineData(TagMutability.ImmutableWithExclusion, "dev-7", 201)]
    [InlineData(TagMutability.MutableWithExclusion, "v1", 201)]
    [InlineData(TagMutability.MutableWithExclusion, "dev-7", 400)]
    public async Task TagThatExists_IsMovedAsTheRepositorySays(TagMutability mutability, string tag, int status)
    {
        Region.Content.CreateRepository("demo/set", new() { TagMutability = mutability, MutabilityExclusions = ["dev-*"] });
        var one = Manifest(await _pusher.PushBlobAsync("demo/set", [1]));
        var two = Manifest(await _pusher.PushBlobAsync("demo/set", [2]));

        using var first = await _pusher.PutManifestAsync("demo/set", tag, one, OciManifest);
        using var second = await _pusher.PutManifestAsync("demo/set", tag, two, OciManifest);
        using var again = await _pusher.PutManifestAsync("demo/set", tag, one, OciManifest);

        Assert.Equal((201, status), ((int)first.StatusCode, (int)second.StatusCode));
        Assert.Equal(status, (int)again.StatusCode); // the same image too
        if (status == 400)
        {
            Assert.Equal((400, "TAG_INVALID"), await Pusher.ErrorAsync(second));
            Assert.Contains($"'{tag}' already exists in the 'demo/set' repository", await TextAsync(second), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task ManifestOfFourMebibytes_IsAccepted_AndNotAByteMore()
    {
        const int limit = 4 << 20;

        using var fits = await _pusher.PutManifestAsync(Repository, "fits", Padded(limit), OciManifest);
        using var tooLarge = await _pusher.PutManifestAsync(Repository, "large", Padded(limit + 1), OciManifest);

        Assert.Equal(201, (int)fits.StatusCode);
        Assert.Equal(413, (int)tooLarge.StatusCode);
    }

    [Theory]
    [InlineData("not json", "v1", OciManifest, 400, "MANIFEST_INVALID")]
    [InlineData("""{"mediaType":"application/vnd.oci.image.index.v1+json"}""", "v1", OciManifest, 400, "MANIFEST_INVALID")]
    [InlineData("{}", "v1", null, 405, "UNSUPPORTED")]
    [InlineData("{}", "-v1", OciManifest, 400, "TAG_INVALID")]
    public async Task WhatIsNoManifest_IsRefused(string text, string tag, string? mediaType, int status, string code)
    {
        var body = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        body.Headers.ContentType = mediaType is null ? null : new(mediaType);

        using var response = await _pusher.SendAsync(HttpMethod.Put, $"/v2/{Repository}/manifests/{tag}", body);

        Assert.Equal((status, code), await Pusher.ErrorAsync(response));
    }

    [Fact]
    public async Task ManifestWithASubject_IsItsReferrer()
    {
        var subject = Pusher.DigestOf([7]); // need not exist
        var config = await _pusher.PushBlobAsync(Repository, "{}"u8.ToArray());
        var signature = Encoding.UTF8.GetBytes(
            $$"""
            {
              "mediaType": "{{OciManifest}}", "artifactType": "a/signature",
              "config": { "digest": "{{config}}" }, "subject": { "digest": "{{subject}}" }
            }
            """);

        using var put = await _pusher.PutManifestAsync(Repository, Pusher.DigestOf(signature), signature, OciManifest);
        using var list = await _pusher.SendAsync(HttpMethod.Get, $"/v2/{Repository}/referrers/{subject}");

        Assert.Equal((201, subject), ((int)put.StatusCode, Pusher.Header(put, "OCI-Subject")));
        using var json = JsonDocument.Parse(await TextAsync(list));
        var only = Assert.Single(json.RootElement.GetProperty("manifests").EnumerateArray());
        Assert.Equal(Pusher.DigestOf(signature), only.GetProperty("digest").GetString());
    }

    [Fact]
    public async Task DeletedTag_TakesTheImageWithItWhenItWasTheLast()
    {
        var digest = Region.Content.PutManifest(Repository, "{}"u8.ToArray(), OciManifest, "v1", "v2");

        var first = await DeleteAsync("v1");
        var between = await StatusAsync(digest);
        var second = await DeleteAsync("v2");

        Assert.Equal((202, 200), (first, between));
        Assert.Equal((202, 404), (second, await StatusAsync(digest)));
        Assert.Equal(404, await DeleteAsync("v2"));
    }

    [Fact]
    public async Task DeletedDigest_TakesItsTags_ButNotWhileAnIndexNamesIt()
    {
        var digest = Region.Content.PutManifest(Repository, "{}"u8.ToArray(), OciManifest, "v1", "v2");
        var index = Region.Content.PutManifest(
            Repository, Encoding.UTF8.GetBytes($$"""{"manifests":[{"digest":"{{digest}}"}]}"""), OciIndex, "all");

        Assert.Equal(405, await DeleteAsync(digest));
        Assert.Equal(202, await DeleteAsync(index));
        Assert.Equal(202, await DeleteAsync(digest));
        Assert.Equal((404, 404), (await StatusAsync("v1"), await StatusAsync("all")));
    }

    private async Task<int> DeleteAsync(string reference)
    {
        using var response = await _pusher.SendAsync(HttpMethod.Delete, $"/v2/{Repository}/manifests/{reference}");
        return (int)response.StatusCode;
    }

    private async Task<int> StatusAsync(string reference)
    {
        using var response = await _pusher.SendAsync(HttpMethod.Get, $"/v2/{Repository}/manifests/{reference}");
        return (int)response.StatusCode;
    }

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(EcrAsker.Cancel);

    private static byte[] Manifest(string layer) =>
        Encoding.UTF8.GetBytes($$"""{"mediaType":"{{OciManifest}}","layers":[{"digest":"{{layer}}"}]}""");

    private static byte[] Padded(int length)
    {
        var bytes = new byte[length];
        bytes.AsSpan().Fill((byte)' ');
        "{}"u8.CopyTo(bytes);
        return bytes;
    }
}
