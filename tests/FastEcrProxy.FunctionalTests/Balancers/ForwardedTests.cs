using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Balancers;

/// <summary>Behind a balancer that speaks HTTP and writes down whom it was spoken to from.</summary>
public sealed class ForwardedTests
{
    private static readonly IPNetwork Clients = IPNetwork.Parse("192.0.2.0/24");

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task AddressThatABalancerTells_IsLogged()
    {
        await using var proxy = await StartAsync(ProxyHeaders.Loopback);
        using var client = new PullClient();

        await client.GetBytesAsync($"{proxy.Url}/v2/", ("X-Forwarded-For", "203.0.113.9, 192.0.2.1"));

        await proxy.LoggedAsync(" to 192.0.2.1 ");
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("127.0.0.0/8", HttpStatusCode.TemporaryRedirect)]
    [InlineData("10.0.0.0/8", HttpStatusCode.OK)]
    public async Task AddressThatAnybodyTells_OpensNothing(string trusted, HttpStatusCode status)
    {
        await using var proxy = await StartAsync(IPNetwork.Parse(trusted));
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 100_000);

        using var answer = await client.GetAsync(layer.Url(proxy), ("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1"));

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("127.0.0.0/8", "max-age=86400")]
    [InlineData("10.0.0.0/8", null)]
    public async Task TlsOfABalancer_IsTold(string trusted, string? hsts)
    {
        await using var proxy = await StartAsync(IPNetwork.Parse(trusted));
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/none", ("X-Forwarded-Proto", "https")); // errors too

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal(hsts, answer.Headers.TryGetValues("Strict-Transport-Security", out var values) ? values.Single() : null);
    }

    /// <summary>With clients of one network that fetch layers themselves.</summary>
    private static Task<ProxyUnderTest> StartAsync(IPNetwork balancers) => ProxyUnderTest.StartAsync(adjust: settings => settings with
    {
        Listen = settings.Listen with { TrustedProxies = [balancers], Hsts = TimeSpan.FromDays(1) },
        Upstreams = [settings.Upstreams[0] with { RedirectClients = [Clients] }],
    });
}
