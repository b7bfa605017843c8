using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FastEcrProxy.LocalEcr;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

/// <summary>Registries that are no private ECR: who may come in, and what they do otherwise.</summary>
public sealed class LocalRegistryTests : IAsyncLifetime
{
    private const string OciManifest = "application/vnd.oci.image.manifest.v1+json";

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private LocalEcrServer? _server;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task OpenRegistry_SendsBlobsItself_AsRangesToo_WithTheFaultsOfLayers()
    {
        var registry = await StartAsync(new("edge"));
        var digest = registry.Content.PutBlob("demo/x", Encoding.ASCII.GetBytes("0123456789"));
        var path = $"/v2/demo/x/blobs/{digest}";

        using var head = await SendAsync(registry, path, null, HttpMethod.Head);
        using var whole = await SendAsync(registry, path);
        using var part = await SendAsync(registry, path, range: "bytes=4-");
        using var none = await SendAsync(registry, path, range: "bytes=10-");
        registry.Faults.CorruptLayers(offset: 0);
        using var wrong = await SendAsync(registry, path);

        Assert.Equal((200, 10), ((int)head.StatusCode, head.Content.Headers.ContentLength));
        Assert.Equal("0123456789", await TextAsync(whole));
        Assert.Equal((206, "456789"), ((int)part.StatusCode, await TextAsync(part)));
        Assert.Equal("bytes 4-9/10", part.Content.Headers.ContentRange!.ToString());
        Assert.Equal(416, (int)none.StatusCode);
        Assert.NotEqual("0123456789", await TextAsync(wrong));
        Assert.Equal(20 + 6, registry.Counters.LayerBytes(digest));
    }

    [Fact]
    public async Task BasicRegistry_WantsTheUserAndThePassword()
    {
        var registry = await StartAsync(new("harbor") { Auth = RegistryAuth.Basic });

        using var nobody = await SendAsync(registry, "/v2/");
        using var stranger = await SendAsync(registry, "/v2/", Basic(registry.User, "wrong"));
        using var user = await SendAsync(registry, "/v2/", Basic(registry.User, registry.Password));

        Assert.Equal((401, "Basic realm=\"harbor\""), ((int)nobody.StatusCode, nobody.Headers.WwwAuthenticate.ToString()));
        Assert.Equal((401, 200), ((int)stranger.StatusCode, (int)user.StatusCode));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task BearerRegistry_LeadsToItsTokenService_ForATokenOfTheScope(bool elsewhere)
    {
        var registry = await StartAsync(new("hub") { Auth = RegistryAuth.Bearer, TokensElsewhere = elsewhere });
        registry.Content.PutManifest("demo/x", "{}"u8.ToArray(), OciManifest, "v1");

        using var nobody = await SendAsync(registry, "/v2/demo/x/manifests/v1");
        using var noUser = await TokenAsync(registry, null, "repository:demo/x:pull");
        using var given = await TokenAsync(registry, Basic(registry.User, registry.Password), "repository:demo/x:pull");
        var token = await ReadTokenAsync(given);
        using var pulled = await SendAsync(registry, "/v2/demo/x/manifests/v1", new("Bearer", token));
        using var other = await SendAsync(registry, "/v2/demo/y/manifests/v1", new("Bearer", token));
        using var pushed = await SendAsync(registry, "/v2/demo/x/blobs/uploads/", new("Bearer", token), HttpMethod.Post);

        Assert.Equal(elsewhere, registry.TokenService.Port != registry.Registry.Port);
        Assert.Equal(
            $"Bearer realm=\"{registry.TokenService}\",service=\"registry.local\",scope=\"repository:demo/x:pull\"", Challenge(nobody));
        Assert.Equal((401, 200), ((int)noUser.StatusCode, (int)pulled.StatusCode));
        Assert.EndsWith("\"repository:demo/y:pull\",error=\"insufficient_scope\"", Challenge(other), StringComparison.Ordinal);
        Assert.EndsWith("\"repository:demo/x:pull,push\",error=\"insufficient_scope\"", Challenge(pushed), StringComparison.Ordinal);
        Assert.Equal(2, registry.Counters.Requests(RequestKind.GetBearerToken));
    }

    [Fact]
    public async Task AnonymousToken_IsForPullsOnly()
    {
        var registry = await StartAsync(new("hub") { Auth = RegistryAuth.Bearer, AnonymousPull = true });
        registry.Content.CreateRepository("demo/x");

        using var given = await TokenAsync(registry, null, "repository:demo/x:pull,push");
        var token = new AuthenticationHeaderValue("Bearer", await ReadTokenAsync(given));
        using var listed = await SendAsync(registry, "/v2/demo/x/tags/list", token);
        using var pushed = await SendAsync(registry, "/v2/demo/x/blobs/uploads/", token, HttpMethod.Post);

        Assert.Equal((200, 401), ((int)listed.StatusCode, (int)pushed.StatusCode));
    }

    [Fact]
    public async Task ExpiredBearerToken_IsChallenged()
    {
        var registry = await StartAsync(new("hub") { Auth = RegistryAuth.Bearer });
        var old = registry.MintToken();

        _clock.Advance(TimeSpan.FromMinutes(5));
        using var tooOld = await SendAsync(registry, "/v2/", new("Bearer", old));
        var fresh = registry.MintToken();
        using var good = await SendAsync(registry, "/v2/", new("Bearer", fresh));
        registry.Faults.ExpireAllTokens();
        using var expired = await SendAsync(registry, "/v2/", new("Bearer", fresh));

        Assert.Equal((401, 200, 401), ((int)tooOld.StatusCode, (int)good.StatusCode, (int)expired.StatusCode));
        Assert.EndsWith(",error=\"invalid_token\"", Challenge(expired), StringComparison.Ordinal);
        Assert.Equal(["b1", "b2", "b2"], registry.Counters.Log.Select(entry => entry.TokenId));
    }

    [Fact]
    public async Task EcrPublic_HasItsOwnWays()
    {
        var registry = await StartAsync(LocalRegistryOptions.EcrPublic());
        var digest = registry.Content.PutBlob("demo/x", new byte[100]);
        var path = $"/v2/demo/x/blobs/{digest}";

        using var nobody = await SendAsync(registry, path);
        using var given = await TokenAsync(registry, null, "aws");
        var token = new AuthenticationHeaderValue("Bearer", await ReadTokenAsync(given));
        using var head = await SendAsync(registry, path, token, HttpMethod.Head);
        using var get = await SendAsync(registry, path, token);
        using var layer = await _http.SendAsync(new(HttpMethod.Get, get.Headers.Location), EcrAsker.Cancel);
        registry.Faults.ExpireAllTokens();
        using var expired = await SendAsync(registry, path, token);

        Assert.EndsWith("/token/\",service=\"public.ecr.aws\",scope=\"aws\"", Challenge(nobody), StringComparison.Ordinal);
        Assert.Equal((401, Challenge(nobody)), ((int)head.StatusCode, Challenge(head)));
        Assert.Equal((307, 100), ((int)get.StatusCode, layer.Content.Headers.ContentLength));
        Assert.Equal((400, 0), ((int)expired.StatusCode, expired.Headers.WwwAuthenticate.Count));
    }

    [Fact]
    public async Task RegistryOfSharedContent_HasWhatTheRegionHas_AndTheOtherWayRound()
    {
        var registry = await StartAsync(new("edge") { ContentOf = "eu-west-1" });
        var region = _server!.Main;
        using var pusher = new Pusher(registry.Registry, null);

        var digest = await pusher.PushBlobAsync("demo/created", [1, 2]); // it need not exist here

        Assert.True(region.Content.HasBlob("demo/created", digest));
        region.Content.PutManifest("demo/created", "{}"u8.ToArray(), OciManifest, "v1");
        using var manifest = await SendAsync(registry, "/v2/demo/created/manifests/v1");
        Assert.Equal(200, (int)manifest.StatusCode);
        Assert.Equal((0, 1), (region.Counters.Requests(), registry.Counters.Requests(RequestKind.GetManifestByTag)));
    }

    [Fact]
    public async Task UploadWithoutItsState_IsRefused()
    {
        var registry = await StartAsync(new("edge"));
        using var pusher = new Pusher(registry.Registry, null);
        var location = await pusher.StartAsync("demo/x");

        using var lost = await pusher.PatchAsync(location.Split('?')[0], [1]);
        using var kept = await pusher.PatchAsync(location, [1]);

        Assert.Equal((400, "BLOB_UPLOAD_INVALID"), await Pusher.ErrorAsync(lost));
        Assert.Equal((202, "0-0"), ((int)kept.StatusCode, Pusher.Header(kept, "Range")));
        Assert.NotEqual(location, kept.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Tags_AreInOrder_AndGoOnAfterAName_ByRelativeLinks()
    {
        var registry = await StartAsync(new("edge"));
        registry.Content.PutManifest("demo/x", "{}"u8.ToArray(), OciManifest, "zulu", "alpha", "mike");

        using var first = await SendAsync(registry, "/v2/demo/x/tags/list?n=2");
        using var rest = await SendAsync(registry, "/v2/demo/x/tags/list?n=2000&last=b");

        Assert.Equal("</v2/demo/x/tags/list?last=mike&n=2>; rel=\"next\"", Pusher.Header(first, "Link"));
        Assert.Equal("""{"name":"demo/x","tags":["mike","zulu"]}""", await TextAsync(rest));
    }

    [Fact]
    public async Task DarkRegistry_ComesBackWithItsTokenService()
    {
        var registry = await StartAsync(new("hub") { Auth = RegistryAuth.Bearer, TokensElsewhere = true, AnonymousPull = true });

        await registry.Faults.GoDarkAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync(registry, "/v2/"));
        await Assert.ThrowsAsync<HttpRequestException>(() => TokenAsync(registry, null, "registry:catalog:*"));
        await registry.Faults.ComeBackAsync(EcrAsker.Cancel);

        using var ping = await SendAsync(registry, "/v2/");
        using var token = await TokenAsync(registry, null, "registry:catalog:*");
        Assert.Equal((401, 200), ((int)ping.StatusCode, (int)token.StatusCode));
    }

    private async Task<LocalRegistry> StartAsync(LocalRegistryOptions registry)
    {
        _server = await LocalEcrServer.StartAsync(new() { Clock = _clock, Registries = [registry] }, EcrAsker.Cancel);
        return _server.Registries[0];
    }

    private Task<HttpResponseMessage> SendAsync(
        LocalRegistry registry,
        string path,
        AuthenticationHeaderValue? credentials = null,
        HttpMethod? method = null,
        string? range = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, new Uri(registry.Registry, path));
        request.Headers.Authorization = credentials;
        if (range is not null)
        {
            request.Headers.TryAddWithoutValidation("Range", range);
        }

        return _http.SendAsync(request, EcrAsker.Cancel);
    }

    private Task<HttpResponseMessage> TokenAsync(LocalRegistry registry, AuthenticationHeaderValue? credentials, string scope)
    {
        var service = registry.Name == "public" ? "public.ecr.aws" : "registry.local";
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(registry.TokenService, $"?service={service}&scope={scope}"));
        request.Headers.Authorization = credentials;
        return _http.SendAsync(request, EcrAsker.Cancel);
    }

    private static async Task<string> ReadTokenAsync(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await TextAsync(response));
        Assert.Equal(json.RootElement.GetProperty("token").GetString(), json.RootElement.GetProperty("access_token").GetString());
        return json.RootElement.GetProperty("token").GetString()!;
    }

    private static Task<string> TextAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync(EcrAsker.Cancel);

    private static string Challenge(HttpResponseMessage response) =>
        response.Headers.WwwAuthenticate.ToString().Replace(", ", ",", StringComparison.Ordinal);

    private static AuthenticationHeaderValue Basic(string user, string password) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
}
