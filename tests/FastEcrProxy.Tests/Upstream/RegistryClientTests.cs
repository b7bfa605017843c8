using System.Text;
using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistryClientTests : IDisposable
{
    private const string Manifest = """{"schemaVersion":2}""";
    private const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly Digest ManifestDigest = Digest.Of(Encoding.UTF8.GetBytes(Manifest));
    private static readonly Digest Other = Digests.Parse(Digests.Sha256A);

    private readonly StubbedRegistry _stubbed = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _stubbed.Dispose();

    /// <summary>Of two rules with the same registry: what each shows there, and whether one may mount a layer of the other.</summary>
    public static TheoryData<string, string, bool> Identities => new()
    {
        { "user", "user", true },
        { "user", "user with a token host", true },
        { "user", "other user", false },
        { "user", "other password", false },
        { "user", "nothing", false },
        { "profile", "profile", true },
        { "profile", "other profile", false },
        { "profile", "default", false },
        { "default", "default", true },
    };

    [Theory, MemberData(nameof(Identities))]
    public void SameRegistry_IsTheSameToTheSameIdentityOnly(string one, string other, bool expected)
    {
        using var first = new StubbedRegistry(_stubbed.Options with { Auth = Shown(one) });
        using var second = new StubbedRegistry(_stubbed.Options with { Auth = Shown(other) });
        using var elsewhere = new StubbedRegistry(
            _stubbed.Options with { Auth = Shown(one), Endpoint = new Uri("https://other.example") });

        Assert.Equal(expected, first.Client.IsOf(second.Client));
        Assert.False(first.Client.IsOf(elsewhere.Client));
    }

    [Fact]
    public async Task PageOfSomebodyInBetween_IsNoManifest()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, "<html>Please log in</html>").With("Content-Type", "text/html"));

        var (_, failure) = await _stubbed.Client.GetManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);

        Assert.Equal(FetchError.BadAnswer, failure?.Error);
    }

    [Fact]
    public async Task ManifestByTag_HasItsExactBytesTypeAndDigest()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Manifest, MediaType).With("Docker-Content-Digest", ManifestDigest.ToString()));

        var (manifest, _) = await GetAsync(StubbedRegistry.Tag);

        Assert.Equal(Manifest, Encoding.UTF8.GetString(manifest!.Bytes.Span));
        Assert.Equal((ManifestDigest, MediaType), (manifest.Digest, manifest.MediaType));
        Assert.Equal(["GET https://registry.example/v2/team/app/manifests/1.0"], _stubbed.Registry.Asked);
    }

    [Theory]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws")]
    [InlineData("Application/JSON; Charset=\"UTF-8\"")]
    public async Task MediaType_IsByteExact(string mediaType)
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Manifest, mediaType));

        var (manifest, _) = await GetAsync(StubbedRegistry.Tag);

        Assert.Equal(mediaType, manifest!.MediaType);
        Assert.Equal(ManifestDigest, manifest.Digest); // computed, since none was sent
    }

    [Fact]
    public async Task EveryAcceptValue_IsForwardedUnchanged()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Manifest, MediaType));

        await _stubbed.Client.GetManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, ["a/b;q=0.5, C/D", "*/*"], Cancel);

        Assert.Equal("a/b;q=0.5, C/D, */*", _stubbed.Registry.Last.Headers.NonValidated["Accept"].ToString());
        Assert.False(_stubbed.Registry.Last.Headers.Contains("Authorization"));
    }

    [Fact]
    public async Task WrongBytes_AreAMismatch_WhateverTheHeaderSays()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Manifest, MediaType).With("Docker-Content-Digest", Other.ToString()), times: 2);

        var byTag = await GetAsync(StubbedRegistry.Tag);
        var byDigest = await GetAsync(new Reference(Other));

        Assert.Equal(FetchError.DigestMismatch, byTag.Failure!.Error);
        Assert.Equal(FetchError.DigestMismatch, byDigest.Failure!.Error);
        Assert.Contains("fastecr.digest.mismatches{} 2", _stubbed.Measured.Observed());
    }

    [Fact]
    public async Task AskedDigest_BeatsAWrongHeader()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Manifest, MediaType).With("Docker-Content-Digest", Other.ToString()));

        var (manifest, _) = await GetAsync(new Reference(ManifestDigest));

        Assert.Equal(ManifestDigest, manifest!.Digest);
    }

    [Fact]
    public async Task TooLargeManifest_IsABadAnswer()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, new byte[StoredManifest.BytesMax + 1], MediaType));

        Assert.Equal(FetchError.BadAnswer, (await GetAsync(StubbedRegistry.Tag)).Failure!.Error);
    }

    [Fact]
    public async Task MissingManifest_KeepsTheRegistrysCodeAndWords()
    {
        _stubbed.Registry.Answers(() => Answers.Of(404, """{"errors":[{"code":"NAME_UNKNOWN","message":"No repository 'team/app'"}]}"""));

        var (_, failure) = await GetAsync(StubbedRegistry.Tag);

        Assert.Equal((FetchError.NotFound, "NAME_UNKNOWN"), (failure!.Error, failure.Code));
        Assert.Contains("No repository 'team/app'", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusedHead_IsAskedAgainAsGetForTheReason()
    {
        _stubbed.Registry.Answers(() => Answers.Of(403)).Answers(() => Answers.Of(403, Answers.NoPermission));

        var (_, failure) = await _stubbed.Client.HeadManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);

        Assert.Equal((FetchError.Refused, "DENIED"), (failure!.Error, failure.Code));
        Assert.Contains("ecr:BatchGetImage", failure.Reason, StringComparison.Ordinal);
        Assert.Equal([5002], _stubbed.Log.Ids);
    }

    [Fact]
    public async Task HeadManifest_SaysDigestTypeAndLength()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, Manifest, MediaType).With("Docker-Content-Digest", ManifestDigest.ToString()));

        var (head, _) = await _stubbed.Client.HeadManifestAsync(StubbedRegistry.App, StubbedRegistry.Tag, [], Cancel);

        Assert.Equal(new ManifestHead(ManifestDigest, MediaType, Manifest.Length), head);
    }

    [Theory]
    [InlineData("/v2/moved/manifests/1.0", "GET https://registry.example/v2/moved/manifests/1.0")]
    [InlineData("https://registry.example/x?y=z", "GET https://registry.example/x?y=z")]
    public async Task ManifestElsewhereOnTheRegistry_IsFollowed(string location, string asked)
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(location)).Answers(() => Answers.Of(200, Manifest, MediaType));

        Assert.NotNull((await GetAsync(StubbedRegistry.Tag)).Value);
        Assert.Equal(asked, _stubbed.Registry.Asked[1]);
    }

    [Theory]
    [InlineData("https://layers.example/x")]
    [InlineData("http://registry.example/x")]
    [InlineData("https://registry.example:8443/x")]
    public async Task ManifestOnAnotherHost_IsABadAnswer(string location)
    {
        _stubbed.Registry.Answers(() => Answers.Redirect(location));

        Assert.Equal(FetchError.BadAnswer, (await GetAsync(StubbedRegistry.Tag)).Failure!.Error);
    }

    [Fact]
    public async Task EndlessRedirects_AreABadAnswer()
    {
        _stubbed.Registry.Answers(() => Answers.Redirect("/v2/again"), times: 4);

        Assert.Equal(FetchError.BadAnswer, (await GetAsync(StubbedRegistry.Tag)).Failure!.Error);
        Assert.Equal(4, _stubbed.Registry.Asked.Count);
    }

    [Fact]
    public async Task ListOfTags_IsAskedWithItsPageAndSaysWhereTheNextBegins()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, "{}", "text/plain; charset=utf-8")
            .With("Link", "<https://other.example/v2/team/app/tags/list?n=1000&last=b%3D>; rel=\"next\""));

        var (page, _) = await _stubbed.Client.ListTagsAsync(StubbedRegistry.App, 5000, "a/b=", Cancel);

        Assert.Equal(["GET https://registry.example/v2/team/app/tags/list?n=1000&last=a%2Fb%3D"], _stubbed.Registry.Asked);
        Assert.Equal(("text/plain; charset=utf-8", "n=1000&last=b%3D"), (page!.MediaType, page.Next));
    }

    [Fact]
    public async Task SenselessLink_IsLoggedAndEndsTheList()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, "{}").With("Link", "next please"));

        var (page, _) = await _stubbed.Client.ListRepositoriesAsync(null, null, Cancel);

        Assert.Null(page!.Next);
        Assert.Equal([5007], _stubbed.Log.Ids);
        Assert.Equal(["GET https://registry.example/v2/_catalog"], _stubbed.Registry.Asked);
    }

    [Theory]
    [InlineData("a/b", null, "?artifactType=a%2Fb")]
    [InlineData(null, null, "")]
    [InlineData("ignored", "ns=x&nextToken=q%3D", "?nextToken=q%3D")]
    public async Task Referrers_AreAskedByTypeOrByTheNextPagesQuery(string? type, string? next, string query)
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, "{}"));

        await _stubbed.Client.ListReferrersAsync(StubbedRegistry.App, Other, type, next, Cancel);

        Assert.Equal([$"GET https://registry.example/v2/team/app/referrers/{Other}{query}"], _stubbed.Registry.Asked);
    }

    [Fact]
    public async Task HeadBlob_IsTheRegistrysWordWhereItGivesOne()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200, new byte[42]));

        Assert.Equal(42, (await _stubbed.Client.HeadBlobAsync(StubbedRegistry.App, Other, Cancel)).Value!.Length);
    }

    [Theory]
    [InlineData(307)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(405)]
    public async Task HeadBlobThatIsNotAnswered_IsReadFromTheFirstByte(int status)
    {
        _stubbed.Registry.Answers(() => Answers.Of(status)).Answers(() => Answers.Redirect("https://layers.example/x"));
        _stubbed.Layers.Answers(() => Answers.Of(206, [1]).With("Content-Range", "bytes 0-0/42"));

        var (head, _) = await _stubbed.Client.HeadBlobAsync(StubbedRegistry.App, Other, Cancel);

        Assert.Equal(42, head!.Length);
        Assert.Equal("bytes=0-0", _stubbed.Layers.Last.Headers.Range!.ToString());
    }

    [Fact]
    public async Task EmptyBlobsFirstByte_LiesPastItsEnd()
    {
        _stubbed.Registry.Answers(() => Answers.Of(405)).Answers(() => Answers.Of(416).With("Content-Range", "bytes */0"));

        Assert.Equal(0, (await _stubbed.Client.HeadBlobAsync(StubbedRegistry.App, Other, Cancel)).Value!.Length);
    }

    [Fact]
    public async Task MissingBlob_IsNotLookedForByGet()
    {
        _stubbed.Registry.Answers(() => Answers.Of(404));

        Assert.Equal(FetchError.NotFound, (await _stubbed.Client.HeadBlobAsync(StubbedRegistry.App, Other, Cancel)).Failure!.Error);
    }

    [Fact]
    public async Task Ping_IsSilentWhereAllIsWell()
    {
        _stubbed.Registry.Answers(() => Answers.Of(200)).Answers(() => Answers.Of(401, "Not Authorized"));

        Assert.Null(await _stubbed.Client.PingAsync(Cancel));
        Assert.Equal(FetchError.Refused, (await _stubbed.Client.PingAsync(Cancel))!.Error);
    }

    private ValueTask<Fetched<StoredManifest>> GetAsync(Reference reference) =>
        _stubbed.Client.GetManifestAsync(StubbedRegistry.App, reference, [], Cancel);

    private static RegistryAuthOptions Shown(string what) => what switch
    {
        "user" => User("ci", "p"),
        "user with a token host" => User("ci", "p") with { AllowedTokenHosts = ["auth.example"] },
        "other user" => User("dev", "p"),
        "other password" => User("ci", "q"),
        "profile" => RegistryAuthOptions.Ecr with { Aws = new AwsIdentity { Profile = "team" } },
        "other profile" => RegistryAuthOptions.Ecr with { Aws = new AwsIdentity { Profile = "ops" } },
        "default" => RegistryAuthOptions.Ecr,
        _ => RegistryAuthOptions.None,
    };

    private static RegistryAuthOptions User(string name, string password) =>
        new() { Kind = RegistryAuthKind.Basic, User = name, Password = password };
}
