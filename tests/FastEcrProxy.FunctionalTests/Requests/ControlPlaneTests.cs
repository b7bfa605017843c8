using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>AWS's API gives no token, at start or later: the ports are open all the same, and readiness says what is missing.</summary>
public sealed class ControlPlaneTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    [Fact]
    public async Task DownAtStart_PortsAreOpenAndReadinessFollowsWhenItIsBack()
    {
        await using var proxy = await RestartedWithoutControlPlaneAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1");

        using var alive = await client.GetAsync($"{proxy.AdminUrl}/livez");
        using var ping = await client.GetAsync($"{proxy.Url}/v2/");
        using var pull = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");

        Assert.Equal((200, 200, 503), (alive.Status, ping.Status, ready.Status));
        var error = await pull.ErrorAsync();
        Assert.Equal((503, "UNAVAILABLE"), (error.Status, error.Code));
        Assert.Contains("There is no token for the registry: ecr:GetAuthorizationToken at ", error.Message, StringComparison.Ordinal);
        var token = (await ready.JsonAsync()).GetProperty("checks").GetProperty("token");
        Assert.False(token.GetProperty("ok").GetBoolean());
        Assert.Contains(proxy.Region.ControlPlane.Host, token.GetProperty("reason").GetString()!, StringComparison.Ordinal);

        await proxy.Region.Faults.ComeBackAsync(OriginName.ControlPlane, TestContext.Current.CancellationToken);
        await Polling.UntilAsync("ready", async () =>
        {
            using var again = await client.GetAsync($"{proxy.AdminUrl}/readyz");
            return again.Status == 200;
        });
        Assert.Equal("{}"u8.ToArray(), await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HangingAtStart_DelaysNothing()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        await proxy.StopAsync();
        using var hang = proxy.Region.Faults.Hang(RequestKind.GetAuthorizationToken);

        await proxy.StartAgainAsync();
        await hang.ReachedAsync(TestContext.Current.CancellationToken);
        using var ping = await client.GetAsync($"{proxy.Url}/v2/");
        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");

        Assert.Equal((200, 503), (ping.Status, ready.Status));
        Assert.Equal(
            "AWS has not answered yet",
            (await ready.JsonAsync()).GetProperty("checks").GetProperty("token").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task DeniedByAws_NamesPrincipalAndAction()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        await proxy.StopAsync();
        proxy.Region.Faults.DenyIam(RequestKind.GetAuthorizationToken);
        await proxy.StartAgainAsync();

        using var pull = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await pull.ErrorAsync();

        Assert.Equal(503, error.Status);
        Assert.Contains("ecr:GetAuthorizationToken", error.Message, StringComparison.Ordinal);
        Assert.Contains("arn:aws:sts::123456789012:assumed-role/local/session", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownAfterAToken_NothingIsNoticed()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1", "v2");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        await proxy.Region.Faults.GoDarkAsync(OriginName.ControlPlane);
        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v2");
        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");

        Assert.Equal("{}"u8.ToArray(), bytes);
        Assert.Equal(200, ready.Status);
    }

    [Fact]
    public async Task DownAtStartWithCachedContent_IsReadyForThat()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        await proxy.StopAsync();
        await proxy.Region.Faults.GoDarkAsync(OriginName.ControlPlane);
        await proxy.StartAgainAsync();

        await Polling.UntilAsync("the cache is looked through", async () =>
        {
            using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");
            return ready.Status == 200;
        });
        using var report = await client.GetAsync($"{proxy.AdminUrl}/readyz");
        using var pull = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        var token = (await report.JsonAsync()).GetProperty("checks").GetProperty("token");
        Assert.False(token.GetProperty("ok").GetBoolean());
        Assert.StartsWith("cached content only: ", token.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("{}"u8.ToArray(), await pull.BytesAsync());
        Assert.NotNull(pull.Header("Warning"));
    }

    private static async Task<ProxyUnderTest> RestartedWithoutControlPlaneAsync()
    {
        var proxy = await ProxyUnderTest.StartAsync();
        await proxy.StopAsync();
        await proxy.Region.Faults.GoDarkAsync(OriginName.ControlPlane);
        await proxy.StartAgainAsync();
        return proxy;
    }
}
