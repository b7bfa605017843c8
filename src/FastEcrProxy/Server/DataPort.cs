using System.Diagnostics.Metrics;
using FastEcrProxy.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The ports where clients pull and push: bare Kestrel and one delegate, no routing, no middleware.</summary>
internal static class DataPort
{
    // Beyond these Kestrel itself hangs up, with a status and no words. The pipeline's own limits lie below and explain.
    private const int RequestLineBytesMax = 64 * 1024;
    private const int HeaderFactor = 2;

    // Only pushes have bodies that anybody reads; ClientBodies lifts the limit for each of them.
    private const long RequestBodyBytesMax = 0;

    // Kestrel's own number. Where it sends by itself it measures a rate: what a client takes in all, since it began to wait.
    private const double LeastBytesPerSecond = 240;

    // What BodySender hands over at a time: on HTTP/2 a client that does not take so much within the stall time-out stands still.
    private const double ChunkBytes = 256 * 1024;

    // Kestrel looks once a second, and takes no less than that.
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(1.5);

    /// <param name="options">Where it listens, and how.</param>
    /// <param name="loggers">Kestrel's log lines go there.</param>
    /// <param name="meters">Kestrel's measurements go there.</param>
    /// <param name="connections">What stands between a socket and Kestrel.</param>
    /// <param name="pipeline">Answers every request.</param>
    public static WebApplication Build(
        ListenOptions options, ILoggerFactory loggers, IMeterFactory meters, ConnectionParts connections, RequestDelegate pipeline)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        HostParts.Add(builder, loggers);
        builder.Services.AddSingleton(meters); // the admin port's, which is where Kestrel's own measurements are collected
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, options, connections));
        if (connections.Certificates is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        var app = builder.Build();
        app.Run(options.Http2 ? WithRateOfHttp11(options, connections, pipeline) : pipeline);
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, ListenOptions options, ConnectionParts connections)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = RequestLineBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = options.Connections.HeaderBytes * HeaderFactor;
        kestrel.Limits.MaxRequestBodySize = RequestBodyBytesMax;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = options.Connections.HeaderBytes * HeaderFactor;
        kestrel.Limits.KeepAliveTimeout = options.Connections.KeepAlive;
        kestrel.Limits.RequestHeadersTimeout = options.Connections.HeadTimeout;

        kestrel.Limits.MinResponseDataRate = options.Http2
            ? RateOf(options, ChunkBytes / options.StallTimeout.TotalSeconds)
            : RateOfHttp11(options, connections);
        kestrel.Listen(options.Address, listen => Configure(listen, options, connections, connections.Certificates));
        if (options.PlainAddress is { } plain)
        {
            kestrel.Listen(plain, listen => Configure(listen, options, connections, certificates: null));
        }
    }

    /// <summary>What bytes go through, in this order: PROXY header, door, output to the socket, TLS, the client's certificate.</summary>
    private static void Configure(
        Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions listen, ListenOptions options, ConnectionParts connections,
        ServerCertificates? certificates)
    {
        // containerd resumes a cut body on HTTP/1.1 only
        listen.Protocols = certificates is not null && options.Http2 ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        if (connections.Balancers is { } balancers)
        {
            listen.Use(next => connection => balancers.RunAsync(connection, next));
        }

        // It goes by the address that it finds, so it stands behind what tells the client's own.
        if (connections.Door is { } door)
        {
            listen.Use(next => connection => door.RunAsync(connection, next));
        }

        if (connections.Outputs is { } outputs)
        {
            listen.Use(next => connection => outputs.RunAsync(connection, next, takesFiles: certificates is null));
        }

        if (certificates is not null)
        {
            listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = options.Connections.HandshakeTimeout,
                OnConnection = hello => ValueTask.FromResult(certificates.Find(hello.ClientHelloInfo.ServerName)),
            });
            if (certificates.AsksClients)
            {
                listen.Use(next => connection => certificates.Clients.RunAsync(connection, next));
            }
        }
    }

    /// <summary>
    /// A stream of HTTP/2 can stand still on a socket that does not, which only the server sees; its limit is the same for
    /// the whole connection, and on HTTP/1.1 it is another.
    /// </summary>
    private static RequestDelegate WithRateOfHttp11(ListenOptions options, ConnectionParts connections, RequestDelegate pipeline)
    {
        var ofHttp11 = RateOfHttp11(options, connections);
        return http =>
        {
            if (!HttpProtocol.IsHttp2(http.Request.Protocol) && http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            {
                rate.MinDataRate = ofHttp11;
            }

            return pipeline(http);
        };
    }

    /// <summary>The server would see nothing of what goes straight to the socket: <see cref="FileOutputs"/> looks instead.</summary>
    private static MinDataRate? RateOfHttp11(ListenOptions options, ConnectionParts connections) =>
        connections.Outputs is null ? RateOf(options, LeastBytesPerSecond) : null;

    private static MinDataRate RateOf(ListenOptions options, double bytesPerSecond) =>
        new(bytesPerSecond, options.StallTimeout > LeastGrace ? options.StallTimeout : LeastGrace);
}
