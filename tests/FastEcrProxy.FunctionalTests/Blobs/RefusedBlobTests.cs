using System.Net.Sockets;
using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>What upstream does not want to give, in words that help, and without a secret in them.</summary>
public sealed class RefusedBlobTests
{
    private const int MiB = 1 << 20;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ThrottledRegistry_IsPassedOnWithItsRetryAfter()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, MiB);
        proxy.Region.Faults.Answer(RequestKind.GetBlob, 429, Faults.Always, retryAfter: TimeSpan.FromSeconds(17));

        using var answer = await client.GetAsync(layer.Url(proxy));
        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        Assert.Equal(TimeSpan.FromSeconds(17), answer.Headers.RetryAfter?.Delta);
        pull.AssertError(HttpStatusCode.TooManyRequests, "TOOMANYREQUESTS");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task MissingPermission_IsDeniedAndSaysWhoMayNotDoWhat()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, MiB);
        var tokens = proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken);
        using var denied = proxy.Region.Faults.DenyIam(RequestKind.AnyBlob);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertError(HttpStatusCode.Forbidden, "DENIED");
        Assert.Contains("assumed-role/local/session", pull.Text, StringComparison.Ordinal);
        Assert.Contains("ecr:GetDownloadUrlForLayer", pull.Text, StringComparison.Ordinal);
        Assert.InRange(proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken), 0, Math.Max(1, tokens)); // no new token helps
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RedirectToAForeignHost_IsRefusedLoggedAndNotFollowed()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        using var foreign = new TcpListener(IPAddress.Loopback, 0);
        foreign.Start();
        var host = foreign.LocalEndpoint.ToString()!;
        var layer = TestLayer.Upstream(proxy, MiB);
        proxy.Region.Faults.RedirectTo(new Uri($"http://{host}"));

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertError(HttpStatusCode.BadGateway, "UNKNOWN");
        Assert.Contains(proxy.Log.Lines, line => line.StartsWith("Error 5004", StringComparison.Ordinal) && line.Contains(host, StringComparison.Ordinal));
        Assert.False(foreign.Pending(), "the foreign host was asked");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Secrets_StayBetweenTheProxyAndTheRegistry()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var other = TestLayer.Upstream(proxy, 2 * MiB, seed: 2);
        List<Pull> pulls = [];

        // Everything that makes the proxy talk about upstream: renewals, refusals, cuts, errors and bad redirects.
        proxy.Region.Faults.ExpireAllTokens();
        proxy.Region.Faults.CutLayers(MiB, times: 2);
        proxy.Region.Faults.RevokeLayerUrls();
        pulls.Add(await Pull.RunAsync(client, layer.Url(proxy)));
        proxy.Region.Faults.RedirectTo(new Uri("http://127.0.0.3:1"), times: 1);
        pulls.Add(await Pull.RunAsync(client, other.Url(proxy)));
        proxy.Region.Faults.OmitLayerLength(times: 1);
        pulls.Add(await Pull.RunAsync(client, other.Url(proxy)));
        proxy.Region.Faults.Answer(RequestKind.GetLayer, 403, times: 2);
        pulls.Add(await Pull.RunAsync(client, other.Url(proxy)));
        proxy.Region.Faults.Answer(RequestKind.GetBlob, 401, times: 2);
        pulls.Add(await Pull.RunAsync(client, other.Url(proxy)));
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);
        pulls.Add(await Pull.RunAsync(client, other.Url(proxy)));
        await proxy.StopAsync();

        pulls[0].AssertWhole(layer);
        Assert.All(pulls.Skip(1), static pull => Assert.True((int)pull.Status >= 400, pull.Text));
        Assert.All(
            proxy.Region.Counters.Log.Where(static entry => entry.Origin == OriginName.Layers),
            static entry => Assert.False(entry.HasAuthorization));
        foreach (var text in proxy.Log.Lines.Concat(pulls.Select(static pull => pull.Text)))
        {
            Assert.DoesNotContain("QVdTO", text, StringComparison.Ordinal); // Base64 of "AWS:", as every token begins
            Assert.DoesNotContain("X-Amz-", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("WWW-Authenticate", text, StringComparison.OrdinalIgnoreCase);
        }
    }
}
