using System.Net;
using FastEcrProxy.Admin;
using FastEcrProxy.Clients;
using FastEcrProxy.Tests.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace FastEcrProxy.Tests.Admin;

public sealed class AdminEndpointsTests : IDisposable
{
    private readonly MeasuredValues _measured = new();

    public void Dispose() => _measured.Dispose();

    /// <summary>Paths, and what somebody from elsewhere who shows nothing is told.</summary>
    [Theory]
    [InlineData("/metrics", 403)]
    [InlineData("/Metrics", 403)]
    [InlineData("/METRICS", 403)]
    [InlineData("/metrics/", 403)]
    [InlineData("/metrics/x", 403)]
    [InlineData("/nowhere", 403)]
    [InlineData("/livez", 200)]
    [InlineData("/readyz", 200)]
    [InlineData("/", 200)]
    public async Task SomebodyFromElsewhere_SeesThatItIsAliveAndReadyAndNothingElse(string path, int expected)
    {
        var http = From("10.1.2.3", path);

        await Pipeline()(http);

        Assert.Equal(expected, http.Response.StatusCode);
        Assert.DoesNotContain("fastecr", Body(http), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.1.2.3", false)]
    [InlineData("127.0.0.1", true)]
    public async Task Reasons_AreForThisMachine(string address, bool shown)
    {
        var http = From(address, "/readyz");

        await Pipeline()(http);

        Assert.Contains("\"ready\": true", Body(http), StringComparison.Ordinal);
        Assert.Equal(shown, Body(http).Contains("\"checks\"", StringComparison.Ordinal));
    }

    private static DefaultHttpContext From(string address, string path)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        http.Request.Method = "GET";
        http.Request.Path = path;
        http.Response.Body = new MemoryStream();
        return http;
    }

    private static string Body(HttpContext http) => System.Text.Encoding.UTF8.GetString(((MemoryStream)http.Response.Body).ToArray());

    private RequestDelegate Pipeline()
    {
        var services = new ServiceCollection().AddLogging();
        AdminServices.Add(services);
        var app = new ApplicationBuilder(services.BuildServiceProvider());
        var clients = new ClientAuthenticator(
            new ClientWays([], letsAnybodyIn: true), new FailedAttempts(0, TimeSpan.FromMinutes(1), TimeProvider.System),
            _measured.Metrics, TimeProvider.System);
        var readiness = new Readiness(
            ReadinessCheck.TokenNotNeeded, () => CacheDirectoryCheck.Look(Path.GetTempPath(), trouble: null), () => true);
        new AdminEndpoints(readiness, new AdminGate(clients, new AccessRules([]), allowsAnybody: false)).MapTo(app);
        return app.Build();
    }
}
