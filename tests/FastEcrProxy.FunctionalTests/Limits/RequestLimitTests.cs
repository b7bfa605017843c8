using System.Net;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Limits;

public sealed class RequestLimitTests
{
    private const int Burst = 20;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TooManyRequests_AreToldWhenToComeBackAndServedThen()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Limits = settings.Limits with { RequestsPerAddress = 1, RequestBurst = Burst },
        });
        using var client = new PullClient();

        for (var i = 0; i < Burst; i++)
        {
            using var served = await client.GetAsync($"{proxy.Url}/v2/");
            Assert.Equal(HttpStatusCode.OK, served.StatusCode);
        }

        await Until.TrueAsync(async () => // a busy machine may give back one or two meanwhile
        {
            using var refused = await client.GetAsync($"{proxy.Url}/v2/");
            return refused.StatusCode is HttpStatusCode.TooManyRequests && await IsAsSaidAsync(refused);
        });
        using var health = await client.GetAsync($"{proxy.Url}/healthz");
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        await Until.TrueAsync(async () =>
        {
            using var again = await client.GetAsync($"{proxy.Url}/v2/");
            return again.StatusCode is HttpStatusCode.OK;
        });
        Assert.True(await proxy.MetricAsync("fastecr_limited_total", "limit=\"addressrequests\"") >= 1);
    }

    /// <summary>Forty layers and their manifests at once, from each of a fleet behind one address.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Fleet_IsNeverToldSoByDefault()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();

        var answers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(async _ =>
        {
            using var answer = await client.GetAsync($"{proxy.Url}/v2/");
            return answer.StatusCode;
        }));

        Assert.All(answers, status => Assert.Equal(HttpStatusCode.OK, status));
    }

    private static async Task<bool> IsAsSaidAsync(HttpResponseMessage refused)
    {
        Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter?.Delta);
        var text = await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"code\":\"TOOMANYREQUESTS\"", text, StringComparison.Ordinal);
        return true;
    }
}
