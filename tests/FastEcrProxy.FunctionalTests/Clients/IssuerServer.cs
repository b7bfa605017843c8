using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Tests.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FastEcrProxy.FunctionalTests.Clients;

/// <summary>An OIDC issuer on loopback: its configuration, its keys, and whatever trouble a test wants.</summary>
internal sealed class IssuerServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _asked = [];
    private readonly WebApplication _app;

    private IssuerServer(WebApplication app)
    {
        _app = app;
        Keys = AnswerKeysAsync;
    }

    public TestIssuer Issuer { get; } = new();

    public string Url => _app.Urls.Single();

    /// <summary>The paths that were asked for.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    /// <summary>Answers who asks for the keys.</summary>
    public RequestDelegate Keys { get; set; }

    public static async Task<IssuerServer> StartAsync(X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var app = builder.Build();
        var server = new IssuerServer(app);
        app.Run(server.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    public Task AnswerKeysAsync(HttpContext http) => http.Response.Body.WriteAsync(Issuer.KeySet).AsTask();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext http)
    {
        _asked.Enqueue(http.Request.Path);
        return http.Request.Path.Value switch
        {
            "/.well-known/openid-configuration" =>
                http.Response.Body.WriteAsync(TestIssuer.Configuration(Url, Url + "/keys")).AsTask(),
            "/moved" => AnswerKeysAsync(http),
            _ => Keys(http),
        };
    }
}
