using System.Net;
using System.Text.Json;

namespace FastEcrProxy.FunctionalTests.Admin;

public sealed class AdminEndpointsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Livez_AnswersEvenWhenNotReady()
    {
        await using var admin = await AdminPort.StartAsync(token: false, Cancel);

        var (status, _, body) = await admin.GetAsync("/livez", Cancel);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("alive\n", body);
    }

    [Theory]
    [InlineData(true, HttpStatusCode.OK, "not needed")]
    [InlineData(false, HttpStatusCode.ServiceUnavailable, "AWS does not answer")]
    public async Task Readyz_SaysWhyByStatusAndJson(bool token, HttpStatusCode expected, string reason)
    {
        await using var admin = await AdminPort.StartAsync(token, Cancel);

        var (status, type, body) = await admin.GetAsync("/readyz", Cancel);

        Assert.Equal(expected, status);
        Assert.Equal("application/json", type);
        using var json = JsonDocument.Parse(body);
        Assert.Equal(token, json.RootElement.GetProperty("ready").GetBoolean());
        Assert.Equal(
            ["token", "cache", "draining"],
            json.RootElement.GetProperty("checks").EnumerateObject().Select(check => check.Name));
        Assert.Equal(reason, json.RootElement.GetProperty("checks").GetProperty("token").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Draining_TurnsReadinessButNotLiveness()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        admin.Readiness.StartDraining();
        var (ready, _, _) = await admin.GetAsync("/readyz", Cancel);
        var (alive, _, _) = await admin.GetAsync("/livez", Cancel);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready);
        Assert.Equal(HttpStatusCode.OK, alive);
    }

    [Theory]
    [InlineData("/v2/")]
    [InlineData("/readyz/")]
    [InlineData("/healthz")]
    [InlineData("/livez/%2e%2e/readyzz")]
    public async Task UnknownPath_ListsThePaths(string path)
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        var (status, type, body) = await admin.GetAsync(path, Cancel);

        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("application/json", type);
        using var json = JsonDocument.Parse(body);
        Assert.Equal(
            ["/", "/livez", "/readyz", "/metrics"],
            json.RootElement.GetProperty("paths").EnumerateArray().Select(known => known.GetString()));
    }

    [Fact]
    public async Task Index_IsPlainText()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        var (status, type, body) = await admin.GetAsync("/", Cancel);

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("text/plain", type);
        Assert.Contains("/readyz", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_HasTheLengthAndNoBody()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        using var response = await admin.SendAsync(HttpMethod.Head, "/livez", Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("alive\n".Length, response.Content.Headers.ContentLength);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task OtherMethod_IsRefused()
    {
        await using var admin = await AdminPort.StartAsync(token: true, Cancel);

        using var response = await admin.SendAsync(HttpMethod.Post, "/readyz", Cancel);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
        Assert.Equal(["GET", "HEAD"], response.Content.Headers.Allow);
    }
}
