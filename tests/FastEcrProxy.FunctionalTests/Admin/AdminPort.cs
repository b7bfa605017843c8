using System.Net;
using FastEcrProxy.Admin;
using FastEcrProxy.Clients;
using FastEcrProxy.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.FunctionalTests.Admin;

/// <summary>A real Kestrel with nothing but the admin port, and a client for it.</summary>
internal sealed class AdminPort : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { UseProxy = false });

    private AdminPort(WebApplication app, Readiness readiness)
    {
        _app = app;
        Readiness = readiness;
        Metrics = app.Services.GetRequiredService<ProxyMetrics>();
        Address = IPEndPoint.Parse(new Uri(app.Urls.Single()).Authority);
    }

    public Readiness Readiness { get; }

    public ProxyMetrics Metrics { get; }

    public IPEndPoint Address { get; }

    public static async Task<AdminPort> StartAsync(bool token, CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.WriteToConsole(LogFormat.Text, LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<ProxyMetrics>();
        AdminServices.Add(builder.Services);
        var readiness = new Readiness(
            () => token ? ReadinessCheck.TokenNotNeeded() : ReadinessCheck.TokenMissing("AWS does not answer"),
            () => CacheDirectoryCheck.Look(Path.GetTempPath(), trouble: null),
            () => false);

        var app = builder.Build();
        var nobody = new ClientWays([], letsAnybodyIn: true);
        var clients = new ClientAuthenticator(
            nobody, new FailedAttempts(0, TimeSpan.FromMinutes(1), TimeProvider.System),
            app.Services.GetRequiredService<ProxyMetrics>(), TimeProvider.System);
        var gate = new AdminGate(clients, new AccessRules([]), allowsAnybody: false);
        new AdminEndpoints(readiness, gate).MapTo(app);
        await app.StartAsync(cancel);
        return new AdminPort(app, readiness);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, $"http://{Address}{path}");
        return await _client.SendAsync(request, cancel);
    }

    public async Task<(HttpStatusCode Status, string? Type, string Body)> GetAsync(string path, CancellationToken cancel)
    {
        using var response = await SendAsync(HttpMethod.Get, path, cancel);
        var body = await response.Content.ReadAsStringAsync(cancel);
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType, body);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}
