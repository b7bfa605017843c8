using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class LocalIdentityTests : IAsyncLifetime
{
    private readonly EcrAsker _asker = new();
    private readonly LocalIdentity _alice = new LocalIdentity("alice").Allow("demo/x", EcrActions.Pull);
    private LocalEcrServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await LocalEcrServer.StartAsync(new LocalEcrOptions { Identities = [_alice] }, EcrAsker.Cancel);
        foreach (var repository in (string[])["demo/x", "demo/y"])
        {
            _server.Main.Content.PutManifest(repository, "{}"u8.ToArray(), "application/vnd.oci.image.manifest.v1+json", "1");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("/v2/", 200)]
    [InlineData("/v2/demo/x/manifests/1", 200)]
    [InlineData("/v2/demo/x/manifests/2", 404)]
    [InlineData("/v2/demo/y/manifests/1", 403)]
    [InlineData("/v2/demo/none/manifests/1", 403)]
    [InlineData("/v2/demo/x/tags/list", 403)]
    [InlineData("/v2/_catalog", 403)]
    public async Task Identity_MayDoWhatItIsAllowed(string path, int status)
    {
        using var response = await _asker.GetAsync(_server.Main, path, _server.Main.MintToken(_alice));

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("alice", Assert.Single(_server.Main.Counters.Log).Identity);
    }

    [Fact]
    public async Task Denial_NamesWhoAndWhatAndWhere()
    {
        using var response = await _asker.GetAsync(_server.Main, "/v2/demo/y/manifests/1", _server.Main.MintToken(_alice));

        var body = await response.Content.ReadAsStringAsync(EcrAsker.Cancel);
        Assert.Contains("\"DENIED\"", body, StringComparison.Ordinal);
        Assert.Contains("assumed-role/alice/session is not authorized to perform: ecr:BatchGetImage", body, StringComparison.Ordinal);
        Assert.Contains("repository/demo/y", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ControlPlane_GivesEachIdentityATokenOfItsOwn_AndNothingElseUnasked()
    {
        var credentials = new LocalEcrOptions { AccessKeyId = _alice.AccessKeyId, SecretAccessKey = _alice.SecretAccessKey };

        using var answer = await _asker.CallAsync(_server.Main, "GetAuthorizationToken", "{}", credentials);
        using var denied = await _asker.CallAsync(_server.Main, "CreateRepository", """{"repositoryName":"demo/z"}""", credentials);

        Assert.Equal((200, 400), ((int)answer.StatusCode, (int)denied.StatusCode));
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(EcrAsker.Cancel));
        var token = json.RootElement.GetProperty("authorizationData")[0].GetProperty("authorizationToken").GetString()!;
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_server.Main.Registry, "/v2/demo/y/manifests/1"));
        request.Headers.TryAddWithoutValidation("Authorization", "Basic " + token);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var refused = await http.SendAsync(request, EcrAsker.Cancel);
        Assert.Equal(403, (int)refused.StatusCode);
    }
}
