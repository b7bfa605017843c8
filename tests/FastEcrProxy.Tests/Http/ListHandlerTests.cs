using FastEcrProxy.Tests.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class ListHandlerTests : IAsyncDisposable
{
    private const string Index = "application/vnd.oci.image.index.v1+json";

    private readonly PullProxy _proxy = new();

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task Tags_AreJsonWithALinkThatLeadsHere()
    {
        _proxy.Registry.List("/v2/team/app/tags/list?n=1000", """{"name":"team/app","tags":["v1"]}""", "text/plain; charset=utf-8");
        _proxy.Registry.Link = "<https://registry.test/v2/team/app/tags/list?n=1000&last=a%2Bb%3D%3D>; rel=\"next\"";

        var client = await _proxy.GetAsync("/v2/team/app/tags/list?n=5000&ns=docker.io");

        Assert.Equal("""{"name":"team/app","tags":["v1"]}""", client.Text);
        Assert.Equal("application/json", client["Content-Type"]);
        Assert.Equal("</v2/team/app/tags/list?n=1000&last=a%2Bb%3D%3D>; rel=\"next\"", client["Link"]);
        Assert.Equal(["kind=tags,status=200,outcome=passed"], _proxy.Counted());
    }

    [Fact]
    public async Task NextPage_IsAskedForAsTheRegistryNamedIt()
    {
        await _proxy.GetAsync("/v2/team/app/tags/list?n=1000&last=a%2Bb%3D%3D");
        await _proxy.GetAsync($"/v2/app/referrers/{Digests.Sha256A}?artifactType=a%2Fb&nextToken=x%3D&ns=docker.io");

        Assert.Equal(
            [
                "GET /v2/team/app/tags/list?n=1000&last=a%2Bb%3D%3D",
                $"GET /v2/app/referrers/{Digests.Sha256A}?artifactType=a%2Fb&nextToken=x%3D",
            ],
            _proxy.Registry.Asked());
    }

    [Theory]
    [InlineData("/v2/app/tags/list?n=0", """{"name":"app","tags":[]}""")]
    public async Task NoEntries_AreGivenWithoutAsking(string target, string text)
    {
        var client = await _proxy.GetAsync(target);

        Assert.Equal((text, ""), (client.Text, client["Link"]));
        Assert.Empty(_proxy.Registry.Asked());
    }

    [Fact]
    public async Task LimitThatIsNoNumber_IsRefusedWithoutAsking()
    {
        var client = await _proxy.GetAsync("/v2/app/tags/list?n=-1");

        Assert.Equal(400, client.Context.Response.StatusCode);
        Assert.Contains("PAGINATION_NUMBER_INVALID", client.Text, StringComparison.Ordinal);
        Assert.Empty(_proxy.Registry.Asked());
    }

    [Fact]
    public async Task Referrers_KeepTheirType()
    {
        var path = $"/v2/app/referrers/{Digests.Sha256A}";
        _proxy.Registry.List($"{path}?artifactType=a%2Fb", "{}", Index);

        var get = await _proxy.GetAsync($"{path}?artifactType=a/b&ns=docker.io");
        var head = await _proxy.HeadAsync($"{path}?artifactType=a/b");

        Assert.Equal((200, "{}", Index), (get.Context.Response.StatusCode, get.Text, get["Content-Type"]));
        Assert.Equal((200, "", (long?)2), (head.Context.Response.StatusCode, head.Text, head.Context.Response.ContentLength));
    }

    [Fact]
    public async Task UnknownRepository_IsA404()
    {
        var client = await _proxy.GetAsync("/v2/app/tags/list");

        Assert.Equal(404, client.Context.Response.StatusCode);
        Assert.Contains("NAME_UNKNOWN", client.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Catalog_IsOffUnlessSwitchedOn()
    {
        var client = await _proxy.GetAsync("/v2/_catalog");

        Assert.Equal(405, client.Context.Response.StatusCode);
        Assert.Contains("Upstream.Catalog", client.Text, StringComparison.Ordinal);
        Assert.Empty(_proxy.Registry.Asked());
    }

    [Fact]
    public async Task CatalogThatIsOn_IsPassedOn()
    {
        await using var proxy = new PullProxy(catalog: true);
        proxy.Registry.List("/v2/_catalog?n=2&last=b", """{"repositories":["c"]}""", "application/json");

        var client = await proxy.GetAsync("/v2/_catalog?n=2&last=b");
        var none = await proxy.GetAsync("/v2/_catalog?n=0");

        Assert.Equal("""{"repositories":["c"]}""", client.Text);
        Assert.Equal("""{"repositories":[]}""", none.Text);
    }
}
