using System.Text;
using System.Text.Json;
using FastEcrProxy.LocalEcr;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class RegistryOriginTests : IAsyncLifetime
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    private const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";

    private const string EmptyDigest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly EcrAsker _asker = new();
    private LocalEcrServer _server = null!;

    private LocalRegion Region => _server.Main;

    public async ValueTask InitializeAsync() => _server = await LocalEcrServer.StartAsync(
        new LocalEcrOptions { Clock = _clock, Regions = [new("eu-west-1"), new("us-east-1")] }, EcrAsker.Cancel);

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task WithoutCredentials_IsChallengedInPlainText()
    {
        using var response = await _asker.GetAsync(Region, "/v2/");

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal(
            $"Basic realm=\"https://{Region.Registry.Authority}/\",service=\"ecr.amazonaws.com\"",
            response.Headers.WwwAuthenticate.ToString().Replace(", ", ",", StringComparison.Ordinal));
        Assert.Equal("Not Authorized\n", await response.Content.ReadAsStringAsync(EcrAsker.Cancel));
    }

    [Fact]
    public async Task TokenOfThisRegion_IsAccepted()
    {
        var token = Region.MintToken();

        using var response = await _asker.GetAsync(Region, "/v2/", token);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.True(token.Password.Length > 4096);
        Assert.Equal("registry/2.0", Assert.Single(response.Headers.GetValues("Docker-Distribution-Api-Version")));
    }

    [Fact]
    public async Task TokenOfAnotherRegion_IsRefused()
    {
        using var response = await _asker.GetAsync(Region, "/v2/", _server["us-east-1"].MintToken());

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task TokenPastItsLifetime_IsDeniedWithoutAChallenge()
    {
        var token = Region.MintToken();
        _clock.Advance(TimeSpan.FromHours(12));

        using var get = await _asker.GetAsync(Region, "/v2/", token);
        using var head = await _asker.SendAsync(HttpMethod.Head, new Uri(Region.Registry, "/v2/a1/manifests/x"), token);

        Assert.Equal(403, (int)get.StatusCode);
        Assert.Empty(get.Headers.WwwAuthenticate);
        Assert.Equal(
            """{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}""",
            await get.Content.ReadAsStringAsync(EcrAsker.Cancel));
        Assert.Equal(403, (int)head.StatusCode);
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(EcrAsker.Cancel));
    }

    [Fact]
    public async Task AllTokensExpired_OnlyALaterOneIsGood()
    {
        var old = Region.MintToken();
        Region.Faults.ExpireAllTokens();
        var fresh = Region.MintToken();

        using var refused = await _asker.GetAsync(Region, "/v2/", old);
        using var accepted = await _asker.GetAsync(Region, "/v2/", fresh);

        Assert.Equal((403, 200), ((int)refused.StatusCode, (int)accepted.StatusCode));
        Assert.Equal([old.Id, fresh.Id], Region.Counters.Log.Select(entry => entry.TokenId));
    }

    [Theory]
    [InlineData("/v2/missing/repo/manifests/latest", 404, "NAME_UNKNOWN")]
    [InlineData("/v2/demo/hello/manifests/missing", 404, "MANIFEST_UNKNOWN")]
    [InlineData("/v2/demo/hello/manifests/sha256:12", 400, "DIGEST_INVALID")]
    [InlineData("/v2/demo/hello/blobs/" + EmptyDigest, 404, "BLOB_UNKNOWN")]
    [InlineData("/v2/demo/hello/tags/list?n=1001", 405, "UNSUPPORTED")]
    [InlineData("/v2/Demo/manifests/latest", 400, "NAME_INVALID")]
    public async Task WhatIsNotThere_HasEcrsCode(string path, int status, string code)
    {
        Region.Content.CreateRepository("demo/hello");

        using var response = await _asker.GetAsync(Region, path, Region.MintToken());

        Assert.Equal(status, (int)response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(EcrAsker.Cancel));
        Assert.Equal(code, json.RootElement.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    [Fact]
    public async Task Manifest_IsServedByteForByte_ByTagAndDigestAndOnHead()
    {
        var digest = Region.Content.PutManifest("demo/x", "{ \"a\":  1 }"u8.ToArray(), OciManifest, "v1");
        var token = Region.MintToken();

        foreach (var (method, reference) in new[] { (HttpMethod.Get, "v1"), (HttpMethod.Get, digest), (HttpMethod.Head, "v1") })
        {
            var address = new Uri(Region.Registry, $"/v2/demo/x/manifests/{reference}");
            using var response = await _asker.SendAsync(method, address, token);

            Assert.Equal(digest, Assert.Single(response.Headers.GetValues("Docker-Content-Digest")));
            Assert.Equal(OciManifest, response.Content.Headers.ContentType!.ToString());
            Assert.Equal(11, response.Content.Headers.ContentLength);
            var body = await response.Content.ReadAsStringAsync(EcrAsker.Cancel);
            Assert.Equal(method == HttpMethod.Head ? "" : "{ \"a\":  1 }", body);
        }
    }

    [Fact]
    public async Task OciManifestByTag_IsConvertedForWhoAcceptsOnlyDocker_ButNeverByDigest()
    {
        var image = SampleImage.Build();
        image.PutInto(Region.Content, "demo/hello");
        var stored = image.Platforms[0].Digest;
        Region.Content.Tag("demo/hello", "amd64", stored);
        var token = Region.MintToken();

        using var byTag = await _asker.GetAsync(Region, "/v2/demo/hello/manifests/amd64", token, DockerManifest);
        using var byDigest = await _asker.GetAsync(Region, $"/v2/demo/hello/manifests/{stored}", token, DockerManifest);

        Assert.Equal(DockerManifest, byTag.Content.Headers.ContentType!.ToString());
        var text = await byTag.Content.ReadAsStringAsync(EcrAsker.Cancel);
        Assert.DoesNotContain("oci", text, StringComparison.Ordinal);
        var converted = Assert.Single(byTag.Headers.GetValues("Docker-Content-Digest"));
        Assert.Equal(LayerContent.FromBytes(Encoding.UTF8.GetBytes(text)).Digest, converted);
        Assert.NotEqual(stored, converted);
        Assert.Equal(OciManifest, byDigest.Content.Headers.ContentType!.ToString());
    }

    [Fact]
    public async Task HeadBlob_TellsTheSize_UnlessOrderedOtherwise()
    {
        var digest = Region.Content.PutBlob("demo/x", new byte[77]);
        var (address, token) = (new Uri(Region.Registry, $"/v2/demo/x/blobs/{digest}"), Region.MintToken());

        using var size = await _asker.SendAsync(HttpMethod.Head, address, token);
        Region.Faults.HeadBlob = HeadBlobAnswer.NotAllowed;
        using var refused = await _asker.SendAsync(HttpMethod.Head, address, token);
        Region.Faults.HeadBlob = HeadBlobAnswer.Redirect;
        using var elsewhere = await _asker.SendAsync(HttpMethod.Head, address, token);

        Assert.Equal((200, 77L), ((int)size.StatusCode, size.Content.Headers.ContentLength));
        Assert.Equal(405, (int)refused.StatusCode);
        Assert.Equal(307, (int)elsewhere.StatusCode);
    }

    [Fact]
    public async Task Tags_ComePageByPage_WithAbsoluteLinksAndOpaqueMarks()
    {
        string[] tags = ["zulu", "alpha", "mike"];
        Region.Content.PutManifest("demo/x", "{}"u8.ToArray(), OciManifest, tags);
        var token = Region.MintToken();
        var seen = new List<string>();

        var next = new Uri(Region.Registry, "/v2/demo/x/tags/list?n=2");
        while (next is not null)
        {
            using var response = await _asker.SendAsync(HttpMethod.Get, next, token);
            Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(EcrAsker.Cancel));
            seen.AddRange(json.RootElement.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!));
            next = response.Headers.TryGetValues("Link", out var link)
                ? new Uri(Assert.Single(link).Split('<', '>')[1], UriKind.Absolute)
                : null;
        }

        Assert.Equal(tags, seen);
        Assert.Equal(2, Region.Counters.Requests(RequestKind.ListTags));
    }

    [Fact]
    public async Task Referrers_AreTheManifestsWithThatSubject_FilteredOnDemand()
    {
        var subject = Region.Content.PutManifest("demo/x", "{}"u8.ToArray(), OciManifest);
        foreach (var type in (string[])["a/sbom", "a/signature"])
        {
            Region.Content.PutManifest(
                "demo/x",
                Encoding.UTF8.GetBytes($$"""{"subject":{"digest":"{{subject}}"},"artifactType":"{{type}}"}"""),
                OciManifest);
        }

        var token = Region.MintToken();
        using var all = await _asker.GetAsync(Region, $"/v2/demo/x/referrers/{subject}", token);
        using var some = await _asker.GetAsync(Region, $"/v2/demo/x/referrers/{subject}?artifactType=a/sbom", token);

        using var allJson = JsonDocument.Parse(await all.Content.ReadAsStringAsync(EcrAsker.Cancel));
        using var someJson = JsonDocument.Parse(await some.Content.ReadAsStringAsync(EcrAsker.Cancel));
        Assert.Equal(2, allJson.RootElement.GetProperty("manifests").GetArrayLength());
        Assert.False(all.Headers.Contains("OCI-Filters-Applied"));
        var only = Assert.Single(someJson.RootElement.GetProperty("manifests").EnumerateArray());
        Assert.Equal("a/sbom", only.GetProperty("artifactType").GetString());
        Assert.Equal("artifactType", Assert.Single(some.Headers.GetValues("OCI-Filters-Applied")));
    }

    [Fact]
    public async Task NoIamPermission_IsDeniedUntilReleased()
    {
        Region.Content.PutManifest("demo/x", "{}"u8.ToArray(), OciManifest, "v1");
        var token = Region.MintToken();
        var denied = Region.Faults.DenyIam();

        using var refused = await _asker.GetAsync(Region, "/v2/demo/x/manifests/v1", token);
        denied.Release();
        using var allowed = await _asker.GetAsync(Region, "/v2/demo/x/manifests/v1", token);

        Assert.Equal((403, 200), ((int)refused.StatusCode, (int)allowed.StatusCode));
        Assert.Contains(
            "is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:123456789012:repository/demo/x",
            await refused.Content.ReadAsStringAsync(EcrAsker.Cancel),
            StringComparison.Ordinal);
    }
}
