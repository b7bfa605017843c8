using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class RepositoryOperationsTests : IAsyncLifetime
{
    private const string Everything =
        """
        {
          "repositoryName": "demo/new",
          "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
          "imageTagMutabilityExclusionFilters": [ { "filterType": "WILDCARD", "filter": "dev-*" } ],
          "imageScanningConfiguration": { "scanOnPush": true },
          "encryptionConfiguration": { "encryptionType": "KMS", "kmsKey": "alias/demo" },
          "tags": [ { "Key": "team", "Value": "demo" } ]
        }
        """;

    private static readonly LocalEcrOptions Options = new()
    {
        Regions = [new("us-east-1")],
        Registries = [LocalRegistryOptions.EcrPublic()],
    };

    private readonly EcrAsker _asker = new();
    private LocalEcrServer _server = null!;

    private LocalRegion Region => _server.Main;

    public async ValueTask InitializeAsync() => _server = await LocalEcrServer.StartAsync(Options, EcrAsker.Cancel);

    public async ValueTask DisposeAsync()
    {
        _asker.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Settings_AreDescribedAsTheyWereGiven()
    {
        using var created = await CallAsync("CreateRepository", Everything);
        using var described = await CallAsync("DescribeRepositories", """{"repositoryNames":["demo/new"]}""");

        var first = created.RootElement.GetProperty("repository");
        var again = described.RootElement.GetProperty("repositories")[0];
        Assert.Equal(first.GetRawText(), again.GetRawText());
        Assert.Equal("IMMUTABLE_WITH_EXCLUSION", again.GetProperty("imageTagMutability").GetString());
        Assert.Equal("dev-*", again.GetProperty("imageTagMutabilityExclusionFilters")[0].GetProperty("filter").GetString());
        Assert.True(again.GetProperty("imageScanningConfiguration").GetProperty("scanOnPush").GetBoolean());
        Assert.Equal("KMS", again.GetProperty("encryptionConfiguration").GetProperty("encryptionType").GetString());
        Assert.Equal("alias/demo", again.GetProperty("encryptionConfiguration").GetProperty("kmsKey").GetString());
        Assert.Equal("demo", Region.Content.SettingsOf("demo/new")!.ResourceTags["team"]);
        Assert.Equal(1, Region.Counters.Requests(RequestKind.CreateRepository));
    }

    [Fact]
    public async Task ResourceTags_AreListedByTheArn()
    {
        using var created = await CallAsync("CreateRepository", Everything);
        var arn = created.RootElement.GetProperty("repository").GetProperty("repositoryArn").GetString();

        using var listed = await CallAsync("ListTagsForResource", $$"""{"resourceArn":"{{arn}}"}""");

        var tag = Assert.Single(listed.RootElement.GetProperty("tags").EnumerateArray());
        Assert.Equal(("team", "demo"), (tag.GetProperty("Key").GetString(), tag.GetProperty("Value").GetString()));
    }

    [Fact]
    public async Task Defaults_AreEcrs()
    {
        using var created = await CallAsync("CreateRepository", """{"repositoryName":"demo/new"}""");

        var repository = created.RootElement.GetProperty("repository");
        Assert.Equal("MUTABLE", repository.GetProperty("imageTagMutability").GetString());
        Assert.False(repository.GetProperty("imageScanningConfiguration").GetProperty("scanOnPush").GetBoolean());
        Assert.Equal("AES256", repository.GetProperty("encryptionConfiguration").GetProperty("encryptionType").GetString());
    }

    [Theory]
    [InlineData("""{"repositoryName":"demo/new","imageTagMutability":"SOMETIMES"}""")]
    [InlineData("""{"repositoryName":"demo/new","imageTagMutability":"IMMUTABLE_WITH_EXCLUSION"}""")]
    [InlineData("""{"repositoryName":"demo/new","imageTagMutabilityExclusionFilters":[{"filter":"a"}]}""")]
    [InlineData("""{"repositoryName":"demo/new","encryptionConfiguration":{"encryptionType":"ROT13"}}""")]
    [InlineData("""{"repositoryName":"Demo"}""")]
    [InlineData("""{"repositoryName":"demo/new","registryId":"000000000000"}""")]
    public async Task WrongSettings_CreateNothing(string input)
    {
        using var refused = await _asker.CallAsync(Region, "CreateRepository", input, Options);

        Assert.Equal(400, (int)refused.StatusCode);
        Assert.Equal("InvalidParameterException", Assert.Single(refused.Headers.GetValues("x-amzn-ErrorType")));
        Assert.Empty(Region.Content.Repositories);
    }

    [Fact]
    public async Task BlobMounting_IsAnAccountSetting()
    {
        using var before = await CallAsync("GetAccountSetting", """{"name":"BLOB_MOUNTING"}""");
        using var put = await CallAsync("PutAccountSetting", """{"name":"BLOB_MOUNTING","value":"ENABLED"}""");

        Assert.Equal("DISABLED", before.RootElement.GetProperty("value").GetString());
        Assert.Equal("ENABLED", put.RootElement.GetProperty("value").GetString());
        Assert.True(Region.BlobMounting);
    }

    [Fact]
    public async Task TokenOfEcrPublic_IsGoodAsABearer_AndAtItsTokenService()
    {
        var registry = _server.Registries[0];
        using var answer = await _asker.CallAsync(Region, "GetAuthorizationToken", "{}", Options, service: "ecr-public");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(EcrAsker.Cancel));
        var token = json.RootElement.GetProperty("authorizationData").GetProperty("authorizationToken").GetString()!;
        using var bearer = new Pusher(registry.Registry, new("Bearer", token));
        using var basic = new Pusher(registry.TokenService, new("Basic", token));
        using var wrong = new Pusher(registry.TokenService, new("Basic", token[..^8]));

        using var ping = await bearer.SendAsync(HttpMethod.Get, "/v2/");
        using var given = await basic.SendAsync(HttpMethod.Get, "?service=public.ecr.aws&scope=aws");
        using var refused = await wrong.SendAsync(HttpMethod.Get, "?service=public.ecr.aws&scope=aws");

        Assert.Equal((200, 200, 401), ((int)ping.StatusCode, (int)given.StatusCode, (int)refused.StatusCode));
        using var own = JsonDocument.Parse(await given.Content.ReadAsStringAsync(EcrAsker.Cancel));
        using var pusher = new Pusher(registry.Registry, new("Bearer", own.RootElement.GetProperty("token").GetString()));
        registry.Content.CreateRepository("demo/x");
        await pusher.PushBlobAsync("demo/x", [1]);
    }

    private async Task<JsonDocument> CallAsync(string operation, string body)
    {
        using var response = await _asker.CallAsync(Region, operation, body, Options);
        var text = await response.Content.ReadAsStringAsync(EcrAsker.Cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text);
    }
}
