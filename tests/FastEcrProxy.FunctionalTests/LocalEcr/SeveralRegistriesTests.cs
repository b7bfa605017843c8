using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

/// <summary>Three Regions and two accounts: whose token is good where, and Regions that fail as a whole.</summary>
public sealed class SeveralRegistriesTests : IAsyncLifetime
{
    private const string Other = "210987654321";
    private const int LayerLength = 3_000_000;

    private static readonly string[] Names = ["eu-west-1", "us-east-1", "ap-southeast-2"];

    private readonly EcrAsker _asker = new();
    private LocalEcrServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        var other = new LocalAccount(Other);
        _server = await LocalEcrServer.StartAsync(
            new LocalEcrOptions
            {
                Regions =
                [
                    .. Names.Select(name => new LocalRegionOptions(name)),
                    .. Names.Select(name => new LocalRegionOptions(name) { Account = other }),
                ],
            },
            EcrAsker.Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Token_IsGoodForEveryAccountOfItsRegion_AndInNoOtherRegion()
    {
        var token = _server["eu-west-1"].MintToken();

        foreach (var registry in _server.Regions)
        {
            using var ping = await _asker.GetAsync(registry, "/v2/", token);

            Assert.Equal(registry.Name == "eu-west-1" ? 200 : 401, (int)ping.StatusCode);
            var logged = Assert.Single(registry.Counters.Log);
            Assert.Equal(registry.Name == "eu-west-1" ? "123456789012" : null, logged.TokenAccountId);
        }
    }

    [Fact]
    public async Task ControlPlane_ActsForTheAccountThatSigned_OrOnTheRegistryThatIsNamed()
    {
        var region = _server["us-east-1"];
        var neighbour = _server["us-east-1", Other];
        var other = new LocalEcrOptions { AccessKeyId = neighbour.AccessKeyId, SecretAccessKey = neighbour.SecretAccessKey };

        using var own = await _asker.CallAsync(region, "CreateRepository", """{"repositoryName":"demo/own"}""", other);
        using var named = await _asker.CallAsync(
            region, "CreateRepository", """{"repositoryName":"demo/named","registryId":"123456789012"}""", other);
        using var token = await _asker.CallAsync(region, "GetAuthorizationToken", "{}", other);

        Assert.Equal((200, 200), ((int)own.StatusCode, (int)named.StatusCode));
        Assert.Equal(["demo/own"], neighbour.Content.Repositories);
        Assert.Equal(["demo/named"], region.Content.Repositories);
        using var json = JsonDocument.Parse(await token.Content.ReadAsStringAsync(EcrAsker.Cancel));
        Assert.Equal(
            $"https://{Other}.dkr.ecr.us-east-1.amazonaws.com",
            json.RootElement.GetProperty("authorizationData")[0].GetProperty("proxyEndpoint").GetString());
        Assert.Empty(_server["eu-west-1", Other].Content.Repositories);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DarkRegion_CutsLayersAndRefusesEverything_AndComesBackOnItsPorts()
    {
        var registry = _server["eu-west-1", Other];
        var digest = registry.Content.PutBlob("demo/x", LayerContent.Generate(LayerLength));
        var pause = registry.Faults.PauseLayers(1_000_000);
        var layer = _asker.LayerAsync(registry, "demo/x", digest);
        await pause.ReachedAsync(EcrAsker.Cancel);

        await _server.GoDarkAsync("eu-west-1");

        await Assert.ThrowsAsync<HttpRequestException>(() => layer);
        foreach (var local in _server.Regions)
        {
            Assert.Equal(local.Name != "eu-west-1", await AnswersAsync(local.Registry));
            Assert.Equal(local.Name != "eu-west-1", await AnswersAsync(local.ControlPlane));
            Assert.Equal(local.Name != "eu-west-1", await AnswersAsync(local.Layers));
        }

        pause.Release();
        await _server.ComeBackAsync("eu-west-1", EcrAsker.Cancel);
        Assert.Equal(LayerLength, (await _asker.LayerAsync(registry, "demo/x", digest)).Length);
        Assert.True(await AnswersAsync(_server["eu-west-1"].ControlPlane));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FrozenRegion_AcceptsConnectionsAndStopsBodies_UntilItGoesOn()
    {
        var registry = _server["eu-west-1"];
        var digest = registry.Content.PutBlob("demo/x", LayerContent.Generate(LayerLength));
        var pause = registry.Faults.PauseLayers(1_000_000, times: 1);
        using var response = await _asker.SendAsync(HttpMethod.Get, await _asker.ResolveAsync(registry, "demo/x", digest));
        await pause.ReachedAsync(EcrAsker.Cancel);

        var frozen = _server.Freeze("eu-west-1");
        pause.Release();
        var ping = _asker.GetAsync(_server["eu-west-1", Other], "/v2/");
        await frozen.ReachedAsync(2, EcrAsker.Cancel);

        Assert.Equal(1_000_000, registry.Counters.LayerBytes(digest));
        Assert.False(ping.IsCompleted);
        Assert.True(await AnswersAsync(_server["us-east-1"].Registry));
        frozen.Release();
        Assert.Equal(LayerLength, (await response.Content.ReadAsByteArrayAsync(EcrAsker.Cancel)).Length);
        using var answered = await ping;
        Assert.Equal(401, (int)answered.StatusCode);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FrozenUnderTls_DoesNotEvenShakeHands_AndCanGoDark()
    {
        using var key = RSA.Create(2048);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var server = await LocalEcrServer.StartAsync(new() { Certificate = certificate }, EcrAsker.Cancel);

        var frozen = server.Main.Faults.Freeze();
        var ping = _asker.GetAsync(server.Main, "/v2/");
        await frozen.ReachedAsync(EcrAsker.Cancel);

        Assert.Equal(0, server.Main.Counters.Requests());
        await server.GoDarkAsync(server.Main.Name);
        await Assert.ThrowsAsync<HttpRequestException>(() => ping);
    }

    [Fact]
    public void UnknownRegionOrAccount_IsSaid()
    {
        Assert.Throws<KeyNotFoundException>(() => _server["mars-1"]);
        Assert.Throws<KeyNotFoundException>(() => _server["eu-west-1", "000000000000"]);
        Assert.Throws<KeyNotFoundException>(() => { _server.Freeze("mars-1"); });
    }

    private async Task<bool> AnswersAsync(Uri address)
    {
        try
        {
            using var response = await _asker.SendAsync(HttpMethod.Get, address);
            return true;
        }
        catch (HttpRequestException refused) when (refused.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return false;
        }
    }
}
