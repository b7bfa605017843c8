using System.Net;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class ManifestHandlerTests : IAsyncDisposable
{
    private const string ByTag = "/v2/app/manifests/latest";

    private static readonly string Json = $$"""
        {"config":{"digest":"{{Digests.Sha256A}}"},"layers":[{"digest":"{{Digests.Sha256B}}"}]}
        """;

    private readonly PullProxy _proxy = new();
    private readonly Digest _digest;
    private readonly string _byDigest;

    public ManifestHandlerTests()
    {
        _digest = _proxy.Registry.Manifest("app", "latest", Json);
        _byDigest = $"/v2/app/manifests/{_digest}";
    }

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task ByDigest_IsAskedForOnce()
    {
        var cold = await _proxy.GetAsync(_byDigest);
        var askedCold = _proxy.Registry.Asked();
        _proxy.Registry.Refuses = HttpStatusCode.ServiceUnavailable;
        var warm = await _proxy.GetAsync(_byDigest);
        var head = await _proxy.HeadAsync(_byDigest);

        Assert.Equal([$"GET {_byDigest}"], askedCold);
        Assert.Empty(_proxy.Registry.Asked());
        Assert.All([cold, warm], client => Assert.Equal(Json, client.Text));
        Assert.Empty(head.Sent);
        Assert.All([cold, warm, head], client => Assert.Equal(
            (200, (long?)Json.Length, RegistryStub.ManifestType, _digest.ToString(), $"\"{_digest}\"", "max-age=31536000, immutable"),
            (client.Context.Response.StatusCode, client.Context.Response.ContentLength, client["Content-Type"],
                client["Docker-Content-Digest"], client["ETag"], client["Cache-Control"])));
    }

    [Fact]
    public async Task HeadByDigest_FetchesNoBytes()
    {
        var client = await _proxy.HeadAsync(_byDigest);

        Assert.Equal([$"HEAD {_byDigest}"], _proxy.Registry.Asked());
        Assert.Equal(Json.Length, client.Context.Response.ContentLength);
    }

    [Fact]
    public async Task ByDigestInAnotherRepository_IsAskedForBeforeItIsServed()
    {
        await _proxy.GetAsync(_byDigest);
        _proxy.Registry.Asked();

        var stranger = await _proxy.GetAsync($"/v2/stranger/manifests/{_digest}");
        Assert.Equal(404, stranger.Context.Response.StatusCode);
        Assert.Contains("MANIFEST_UNKNOWN", stranger.Text, StringComparison.Ordinal);

        _proxy.Registry.Manifest("friend", "v1", Json);
        var friend = await _proxy.GetAsync($"/v2/friend/manifests/{_digest}");
        Assert.Equal(Json, friend.Text);
        Assert.Equal(
            [$"HEAD /v2/stranger/manifests/{_digest}", $"HEAD /v2/friend/manifests/{_digest}"], _proxy.Registry.Asked());
    }

    [Fact]
    public async Task ServedManifest_LinksWhatItNames()
    {
        byte[] layer = [1, 2, 3];
        _proxy.Registry.Blob("other", layer);
        _proxy.Registry.Manifest("app", "two", $$"""{"layers":[{"digest":"{{Digest.Of(layer)}}"}]}""");
        await _proxy.GetAsync($"/v2/other/blobs/{Digest.Of(layer)}");
        await _proxy.GetAsync("/v2/app/manifests/two");
        _proxy.Registry.Asked();

        var client = await _proxy.GetAsync($"/v2/app/blobs/{Digest.Of(layer)}");

        Assert.Equal(layer, client.Sent);
        Assert.Empty(_proxy.Registry.Asked());
    }

    [Fact]
    public async Task KnownTag_IsCheckedWithAHead()
    {
        await _proxy.GetAsync(ByTag);
        await _proxy.GetAsync(ByTag);
        var client = await _proxy.HeadAsync(ByTag);

        Assert.Equal([$"GET {ByTag}", $"HEAD {ByTag}", $"HEAD {ByTag}"], _proxy.Registry.Asked());
        Assert.Equal("", client["Cache-Control"]);
        Assert.Equal(
            ["kind=manifest,status=200,outcome=hit", "kind=manifest,status=200,outcome=hit", "kind=manifest,status=200,outcome=miss"],
            _proxy.Counted());
    }

    [Fact]
    public async Task MovedTag_IsFetchedByTag()
    {
        await _proxy.GetAsync(ByTag);
        _proxy.Registry.Manifest("app", "latest", """{"layers":[]}""");
        _proxy.Registry.Asked();

        var client = await _proxy.GetAsync(ByTag);

        Assert.Equal("""{"layers":[]}""", client.Text);
        Assert.Equal([$"HEAD {ByTag}", $"GET {ByTag}"], _proxy.Registry.Asked());
    }

    [Fact]
    public async Task TagForAnotherAccept_IsAnotherQuestion()
    {
        await _proxy.GetAsync(ByTag, ("Accept", "a/b, c/d"));
        await _proxy.GetAsync(ByTag, ("Accept", "C/D"), ("Accept", "a/b"));
        await _proxy.GetAsync(ByTag, ("Accept", "a/b"));

        Assert.Equal([$"GET {ByTag}", $"HEAD {ByTag}", $"GET {ByTag}"], _proxy.Registry.Asked());
    }

    [Fact]
    public async Task FreshTag_IsNotChecked()
    {
        await using var proxy = new PullProxy(options => options with { TagFreshness = TimeSpan.FromMinutes(1) });
        proxy.Registry.Manifest("app", "latest", Json);
        await proxy.GetAsync(ByTag);
        proxy.Registry.Asked();

        proxy.Time.Advance(TimeSpan.FromSeconds(59));
        await proxy.GetAsync(ByTag);
        Assert.Empty(proxy.Registry.Asked());

        proxy.Time.Advance(TimeSpan.FromSeconds(1));
        await proxy.GetAsync(ByTag);
        Assert.Equal([$"HEAD {ByTag}"], proxy.Registry.Asked());
    }

    [Fact]
    public async Task TagWhileTheRegistryIsThrottled_IsTheLastKnownAnswerUntilItIsTooOld()
    {
        await _proxy.GetAsync(ByTag);
        _proxy.Registry.Refuses = HttpStatusCode.TooManyRequests;

        _proxy.Time.Advance(TimeSpan.FromDays(7));
        var stale = await _proxy.GetAsync(ByTag);
        Assert.Equal((200, Json), (stale.Context.Response.StatusCode, stale.Text));
        Assert.Equal("110 - \"Response is Stale\"", stale["Warning"]);
        Assert.Equal("kind=manifest,status=200,outcome=stale", _proxy.Counted()[^1]);

        _proxy.Time.Advance(TimeSpan.FromSeconds(1));
        var old = await _proxy.GetAsync(ByTag);
        Assert.Equal(429, old.Context.Response.StatusCode);
        Assert.Equal("30", old["Retry-After"]);
    }

    [Fact]
    public async Task WhoTakesNothingStale_IsToldThatTheRegistryIsAway()
    {
        await _proxy.GetAsync(ByTag);
        _proxy.Registry.IsDown = true;

        var client = await _proxy.GetAsync(ByTag, ("Cache-Control", "no-cache"));
        var byDigest = await _proxy.GetAsync(_byDigest, ("Cache-Control", "no-cache"));

        Assert.Equal((503, ""), (client.Context.Response.StatusCode, client["Warning"]));
        Assert.Equal(200, byDigest.Context.Response.StatusCode); // that never changes
    }

    [Fact]
    public async Task RegistryThatIsDown_StopsOnlyWhatIsNotKnown()
    {
        await _proxy.GetAsync(ByTag);
        _proxy.Registry.IsDown = true;

        var known = await _proxy.GetAsync(ByTag);
        var unknown = await _proxy.GetAsync("/v2/app/manifests/unknown");

        Assert.Equal((200, Json), (known.Context.Response.StatusCode, known.Text));
        Assert.Equal(503, unknown.Context.Response.StatusCode);
    }

    [Theory]
    [InlineData("application/vnd.oci.image.manifest.v1+json, a/b", 200)]
    [InlineData("*/*", 200)]
    [InlineData("a/b", 503)]
    public async Task RegistryThatIsDown_IsMadeUpForByWhatAnotherClientWasToldIfThisOneTakesIt(string accept, int status)
    {
        await _proxy.GetAsync(ByTag, ("Accept", "application/vnd.oci.image.manifest.v1+json"));
        _proxy.Registry.IsDown = true;

        var client = await _proxy.GetAsync(ByTag, ("Accept", accept));

        Assert.Equal(status, client.Context.Response.StatusCode);
        Assert.Equal(status == 200 ? "110 - \"Response is Stale\"" : "", client["Warning"]);
    }

    [Fact]
    public async Task TagThatIsRefused_IsNotServedFromMemory()
    {
        await _proxy.GetAsync(ByTag);
        _proxy.Registry.Refuses = HttpStatusCode.Forbidden;

        var client = await _proxy.GetAsync(ByTag);

        Assert.Equal(403, client.Context.Response.StatusCode);
    }

    [Fact]
    public async Task TagThatIsGone_IsForgotten()
    {
        await _proxy.GetAsync(ByTag);
        await _proxy.GetAsync(ByTag, ("Accept", "*/*"));
        _proxy.Registry.Forget(ByTag);

        var gone = await _proxy.GetAsync(ByTag);
        _proxy.Registry.Refuses = HttpStatusCode.TooManyRequests;
        var later = await _proxy.GetAsync(ByTag);

        Assert.Equal(404, gone.Context.Response.StatusCode);
        Assert.Equal(429, later.Context.Response.StatusCode);
    }

    [Fact]
    public async Task PullAsContainerdDoesIt_IsAnsweredAgainWithoutTheRegistry()
    {
        await _proxy.HeadAsync(ByTag);
        await _proxy.GetAsync(_byDigest);
        Assert.Equal([$"HEAD {ByTag}", $"GET {_byDigest}"], _proxy.Registry.Asked());

        _proxy.Registry.Refuses = HttpStatusCode.TooManyRequests;
        var head = await _proxy.HeadAsync(ByTag);
        var get = await _proxy.GetAsync(_byDigest);

        Assert.Equal((200, _digest.ToString()), (head.Context.Response.StatusCode, head["Docker-Content-Digest"]));
        Assert.Equal(Json, get.Text);
    }

    [Fact]
    public async Task ManyClientsOfOneTag_CostOneQuestion()
    {
        await _proxy.GetAsync(ByTag);
        _proxy.Registry.Asked();
        var gate = new TaskCompletionSource();
        _proxy.Registry.Gate = gate.Task;

        var clients = Enumerable.Range(0, 20).Select(_ => _proxy.GetAsync(ByTag)).ToList();
        gate.SetResult();

        Assert.All(await Task.WhenAll(clients), client => Assert.Equal(Json, client.Text));
        Assert.Equal([$"HEAD {ByTag}"], _proxy.Registry.Asked());
    }
}
