using System.Diagnostics.Metrics;
using FastEcrProxy.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The port where clients pull and push: bare Kestrel and one delegate, no routing, no middleware.</summary>
internal static class DataPort
{
    // Beyond these Kestrel itself hangs up, with a status and no words. The pipeline's own limits lie below and explain.
    private const int RequestLineBytesMax = 64 * 1024;
    private const int HeaderFactor = 2;

    // Only pushes have bodies that anybody reads; ClientBodies lifts the limit for each of them.
    private const long RequestBodyBytesMax = 0;

    // Kestrel's own number. Where it sends by itself it measures a rate: what a client takes in all, since it began to wait.
    private const double LeastBytesPerSecond = 240;

    // It looks once a second, and wants more than that.
    private static readonly TimeSpan ShortestGrace = TimeSpan.FromSeconds(1.001);

    /// <param name="options">Where it listens, and how.</param>
    /// <param name="loggers">Kestrel's log lines go there.</param>
    /// <param name="meters">Kestrel's measurements go there.</param>
    /// <param name="outputs">Take the place of Kestrel's own way to the socket; null leaves that.</param>
    /// <param name="pipeline">Answers every request.</param>
    /// <param name="door">Lets connections in, as many as there may be; null: all of them.</param>
    public static WebApplication Build(
        ListenOptions options, ILoggerFactory loggers, IMeterFactory meters, FileOutputs? outputs, RequestDelegate pipeline,
        ConnectionDoor? door = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        HostParts.Add(builder, loggers);
        builder.Services.AddSingleton(meters); // the admin port's, which is where Kestrel's own measurements are collected
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options, outputs, door));
        if (options.Certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        app.Run(pipeline);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, ListenOptions options, FileOutputs? outputs, ConnectionDoor? door)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.Connections.HeaderBytes * HeaderFactor;
        kestrel.Limits.MaxRequestBodySize = RequestBodyBytesMax;
        kestrel.Limits.KeepAliveTimeout = options.Connections.KeepAlive;
        kestrel.Limits.RequestHeadersTimeout = options.Connections.HeadTimeout;
        kestrel.Limits.MinResponseDataRate = outputs is null
            ? new MinDataRate(LeastBytesPerSecond, options.StallTimeout > ShortestGrace ? options.StallTimeout : ShortestGrace)
            : null;
        kestrel.Listen(options.Address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1; // containerd resumes a cut body on HTTP/1.1 only

            // In the order in which a connection comes through. The door goes by the address that it finds: what tells the client's
            // own one, where a balancer is between, belongs before it.
            if (door is not null)
            {
                listen.Use(next => connection => door.RunAsync(connection, next));
            }

            if (outputs is not null)
            {
                listen.Use(next => connection => outputs.RunAsync(connection, next, takesFiles: options.Certificate is null));
            }

            if (options.Certificate is { } certificate)
            {
                listen.UseHttps(https =>
                {
                    (https.ServerCertificate, https.ServerCertificateChain) = (certificate.Leaf, certificate.Chain);
                    https.HandshakeTimeout = options.Connections.HandshakeTimeout;
                });
            }
        });
    }
}
