using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class ControlPlaneOriginTests : IAsyncLifetime
{
    private static readonly LocalEcrOptions Options = new();

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
    public void PublishedExample_HasThePublishedSignature()
    {
        // The worked example of AWS's "Signature Version 4 signing process": ListUsers of IAM on 2015-08-30.
        const string canonical = "GET\n/\nAction=ListUsers&Version=2010-05-08\n"
            + "content-type:application/x-www-form-urlencoded; charset=utf-8\nhost:iam.amazonaws.com\n"
            + "x-amz-date:20150830T123600Z\n\ncontent-type;host;x-amz-date\n"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

        var signature = SignatureCheck.Sign(
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z", "us-east-1", "iam", canonical);

        Assert.Equal("5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7", signature);
    }

    [Fact]
    public async Task AuthorizationToken_OpensTheRegistry()
    {
        using var json = await CallAsync("GetAuthorizationToken", "{}");

        var data = json.RootElement.GetProperty("authorizationData")[0];
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Region.Registry, "/v2/"));
        request.Headers.Authorization = new("Basic", data.GetProperty("authorizationToken").GetString());
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        using var ping = await http.SendAsync(request, EcrAsker.Cancel);
        Assert.Equal(200, (int)ping.StatusCode);
        Assert.Equal("https://123456789012.dkr.ecr.eu-west-1.amazonaws.com", data.GetProperty("proxyEndpoint").GetString());
        Assert.Equal(1, Region.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    [Theory]
    [InlineData("AKIASOMEONEELSE", null, "UnrecognizedClientException")]
    [InlineData(null, "wrong", "InvalidSignatureException")]
    public async Task WrongCredentials_AreRefused(string? key, string? secret, string error)
    {
        var wrong = Options with
        {
            AccessKeyId = key ?? Options.AccessKeyId,
            SecretAccessKey = secret ?? Options.SecretAccessKey,
        };

        using var response = await _asker.CallAsync(Region, "GetAuthorizationToken", "{}", wrong);

        Assert.Equal(error, await ErrorAsync(response));
    }

    [Fact]
    public async Task OldSignature_IsRefused()
    {
        var past = TimeProvider.System.GetUtcNow().AddMinutes(-6);

        using var response = await _asker.CallAsync(Region, "GetAuthorizationToken", "{}", Options, past);

        Assert.Equal("InvalidSignatureException", await ErrorAsync(response));
    }

    [Fact]
    public async Task UnsignedCall_IsRefused()
    {
        using var response = await _asker.SendAsync(HttpMethod.Post, Region.ControlPlane);

        Assert.Equal("MissingAuthenticationTokenException", await ErrorAsync(response));
    }

    [Fact]
    public async Task CreatedRepository_IsDescribed_AndCannotBeCreatedTwice()
    {
        using var created = await CallAsync("CreateRepository", """{"repositoryName":"demo/new"}""");
        using var described = await CallAsync("DescribeRepositories", """{"repositoryNames":["demo/new"]}""");
        using var again = await _asker.CallAsync(Region, "CreateRepository", """{"repositoryName":"demo/new"}""", Options);
        using var unknown = await _asker.CallAsync(
            Region, "DescribeRepositories", """{"repositoryNames":["demo/other"]}""", Options);

        Assert.Equal(
            "arn:aws:ecr:eu-west-1:123456789012:repository/demo/new",
            created.RootElement.GetProperty("repository").GetProperty("repositoryArn").GetString());
        Assert.Equal(1, described.RootElement.GetProperty("repositories").GetArrayLength());
        Assert.Equal("RepositoryAlreadyExistsException", await ErrorAsync(again));
        Assert.Equal("RepositoryNotFoundException", await ErrorAsync(unknown));
    }

    [Fact]
    public async Task Images_AreListedPageByPage_AndGotByTag()
    {
        var image = SampleImage.Build();
        image.PutInto(Region.Content, "demo/hello", "latest");

        using var first = await CallAsync("ListImages", """{"repositoryName":"demo/hello","maxResults":2}""");
        var next = first.RootElement.GetProperty("nextToken").GetString();
        using var second = await CallAsync(
            "ListImages", $$"""{"repositoryName":"demo/hello","maxResults":2,"nextToken":"{{next}}"}""");
        using var got = await CallAsync(
            "BatchGetImage", """{"repositoryName":"demo/hello","imageIds":[{"imageTag":"latest"},{"imageTag":"none"}]}""");

        Assert.Equal(2, first.RootElement.GetProperty("imageIds").GetArrayLength());
        Assert.Equal(1, second.RootElement.GetProperty("imageIds").GetArrayLength());
        Assert.False(second.RootElement.TryGetProperty("nextToken", out _));
        var only = Assert.Single(got.RootElement.GetProperty("images").EnumerateArray());
        Assert.Equal(image.Digest, only.GetProperty("imageId").GetProperty("imageDigest").GetString());
        Assert.Equal(
            "ImageNotFound", got.RootElement.GetProperty("failures")[0].GetProperty("failureCode").GetString());
    }

    private async Task<JsonDocument> CallAsync(string operation, string body)
    {
        using var response = await _asker.CallAsync(Region, operation, body, Options);
        var text = await response.Content.ReadAsStringAsync(EcrAsker.Cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text);
    }

    private static async Task<string?> ErrorAsync(HttpResponseMessage response)
    {
        Assert.Equal(400, (int)response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(EcrAsker.Cancel));
        return json.RootElement.GetProperty("__type").GetString();
    }
}
